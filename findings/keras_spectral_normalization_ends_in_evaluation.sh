#!/usr/bin/env bash
# One expects: a layer wrapped in SpectralNormalization multiplies by a kernel whose largest singular value is about 1, in
#   training and in evaluation, and the kernel that one gave it stays.
# What happens: with training=False Keras multiplies by the stored kernel as it is: 12.9 before the first step. A training
#   step overwrites the stored kernel by the normalized one. So a loaded or updated kernel counts in full until the next
#   training step, and the size of the kernel that was given is lost. PyTorch normalizes in both, and keeps the kernel.
# Versions: keras 3.15.1 on jax 0.10.2, Python 3.11 to 3.13. Source: keras/src/layers/normalization/
#   spectral_normalization.py, call (normalizes under `if training`) and normalized_weights.
# What to do: call the layer once with training=True after weights are set, and keep the kernel elsewhere if it is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet keras==3.15.1 jax==0.10.2 jaxlib==0.10.2

KERAS_BACKEND=jax environment/bin/python - <<'PYTHON'
import keras
import numpy as np

EYE = np.eye(64, dtype="float32")
KERNEL = np.random.default_rng(0).normal(size=(64, 32)).astype("float32")


def largest(kernel):
    return float(np.linalg.norm(np.asarray(kernel), 2))


keras.utils.set_random_seed(0)
dense = keras.layers.Dense(32, use_bias=False)
layer = keras.layers.SpectralNormalization(dense)
layer.build((None, 64))
dense.kernel.assign(KERNEL)
before = largest(layer(EYE, training=False))
stored = largest(dense.kernel.value)
in_training = largest(layer(EYE, training=True))
left = largest(dense.kernel.value)
print(f"largest singular value: given {largest(KERNEL):.2f}, in evaluation {before:.2f}, in a training step {in_training:.2f}")
print(f"of the stored kernel: {stored:.2f} before the step, {left:.2f} after it")
np.testing.assert_allclose([before, stored], largest(KERNEL), rtol=1e-5)
assert 1 <= in_training < 2
np.testing.assert_allclose(left, in_training, rtol=1e-5)
PYTHON
