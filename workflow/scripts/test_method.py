"""Test the user's normalizer, as `make test-method METHOD=my_norms.py:MyNorm` does.

python workflow/scripts/test_method.py my_norms.py:MyNorm p=1
"""

from bnlab import testing

if __name__ == "__main__":
    usage = "make test-method METHOD=my_norms.py:MyNorm (OPTIONS='p=1')"
    testing.main("normalizer", testing.NormalizerTests, usage)
