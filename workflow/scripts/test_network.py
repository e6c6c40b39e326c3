"""Test a network of the library, as `make test-network NETWORK=residual OPTIONS='depth=3'` does.

python workflow/scripts/test_network.py residual depth=3
"""

from bnlab import testing

if __name__ == "__main__":
    usage = "make test-network NETWORK=residual (OPTIONS='depth=3')"
    testing.main("network", testing.NetworkTests, usage)
