"""Hold two implementations of a normalizer against each other, as `make same A=ln B=keras.layers:LayerNormalization`.

python workflow/scripts/same.py ln epsilon=1e-5 torch.nn:LayerNorm eps=1e-5
"""

import sys

from bnlab import same

if __name__ == "__main__":
    same.main(sys.argv[1:])
