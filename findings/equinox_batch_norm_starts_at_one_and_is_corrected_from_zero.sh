#!/usr/bin/env bash
# One expects: at inference batch normalization divides by an average of the variances of batches. In Equinox' mode
#   "batch" that average is corrected for its start by its count, so that it is right from the first batch on.
# What happens: the correction divides by 1 − momentum^batches, which is that of an average that starts at 0. The one of
#   the variances starts at 1. After one batch of variance 1 it reads 100, and outputs at inference have a deviation of
#   0.1. After 100 batches it is 0.796, after 300 it is 0.975. Mode "ema" and other libraries give 1.
# Versions: equinox 0.13.8, jax 0.10.2. Source: equinox/nn/_batch_norm.py, init_hidden (zeros, ones) and the scale of
#   hidden_var at inference.
# What to do: evaluate after some hundred batches, or set the second part of the state of a new layer to zeros.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet equinox==0.13.8 jax==0.10.2 jaxlib==0.10.2

environment/bin/python -W ignore - <<'PYTHON'
import equinox as eqx
import jax
import numpy as np

x = np.random.default_rng(0).normal(size=(256, 3)).astype("float32")
x = (x - x.mean(axis=0)) / x.std(axis=0)


@eqx.filter_jit
def apply(layer, state):
    mapped = jax.vmap(layer, axis_name="rows", in_axes=(0, None), out_axes=(0, None))
    return mapped(x, state)


deviations = {}
for mode in ("batch", "ema"):
    layer, state = eqx.nn.make_with_state(eqx.nn.BatchNorm)(3, axis_name="rows", mode=mode)
    for batch in range(1, 301):
        training, state = apply(layer, state)
        if batch in (1, 100, 300):
            inference, _ = apply(eqx.nn.inference_mode(layer), state)
            deviations[mode, batch] = float(inference.std())
            print(f"{mode}, {batch} batches: training {training.std():.3f}, inference {inference.std():.3f}")

for (mode, batches), found in deviations.items():
    kept = 0.99**batches
    variance = (kept + (1 - kept)) / (1 - kept) if mode == "batch" else 1.0
    np.testing.assert_allclose(found, variance**-0.5, rtol=1e-4)
PYTHON
