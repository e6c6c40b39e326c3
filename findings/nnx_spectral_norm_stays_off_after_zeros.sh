#!/usr/bin/env bash
# One expects: a kernel that is zero at first, as many residual branches start, is normalized from the first step on in
#   which it is not.
# What happens: in Flax one training call with a kernel of zeros sets the vector of the power iteration to zero. It stays
#   zero, so the estimate of the largest singular value does too, and later kernels are not normalized at all: after 50
#   calls the largest singular value is that of the kernel, 12.9. Nothing warns, and no value is NaN.
# Versions: flax 0.12.8, jax 0.10.2, Python 3.11 to 3.13. Source: flax/nnx/nn/normalization.py, SpectralNorm
#   (_l2_normalize divides by √(Σu² + ε), and σ is replaced by 1 where it is 0).
# What to do: start the kernel at random, or make the wrapper anew once the kernel has left zero.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet flax==0.12.8 jax==0.10.2 jaxlib==0.10.2

environment/bin/python - <<'PYTHON'
import numpy as np
from flax import nnx

EYE = np.eye(64, dtype="float32")
KERNEL = np.random.default_rng(0).normal(size=(64, 32)).astype("float32")
CALLS = 50

seen = {}
for name, first in (("random", KERNEL), ("zeros", np.zeros_like(KERNEL))):
    rngs = nnx.Rngs(0)
    linear = nnx.Linear(64, 32, use_bias=False, rngs=rngs)
    layer = nnx.SpectralNorm(linear, rngs=rngs)
    linear.kernel[...] = first
    layer(EYE, update_stats=True)
    linear.kernel[...] = KERNEL
    for _ in range(CALLS):
        output = layer(EYE, update_stats=True)
    seen[name] = float(np.linalg.norm(np.asarray(output), 2))
    print(f"first kernel {name}: largest singular value {seen[name]:.3f} after {CALLS} calls with another kernel")

np.testing.assert_allclose(seen["random"], 1, rtol=1e-3)
np.testing.assert_allclose(seen["zeros"], np.linalg.norm(KERNEL, 2), rtol=1e-4)
PYTHON
