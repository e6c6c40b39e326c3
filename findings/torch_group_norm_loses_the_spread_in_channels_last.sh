#!/usr/bin/env bash
# One expects: the order in which an image lies in memory changes a layer's speed and the last bits of its outputs.
# What happens: on a CPU PyTorch's GroupNorm of images with mean 10,000 and deviation 1 has outputs of deviation 1 in the
#   usual order. After images.to(memory_format=torch.channels_last) the same numbers have outputs of deviation 257, and the
#   largest is 1254 instead of 4. Nothing warns. At a mean of 100 both agree to 1 in 1,000.
# Versions: torch 2.13.0 on a CPU, Python 3.11. Source: aten/src/ATen/native/cpu/group_norm_kernel.cpp, whose kernel for
#   channels last takes the variance as mean of squares less square of the mean.
# What to do: contiguous() in front of GroupNorm, or subtract an origin from inputs with a large mean.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet torch==2.13.0 numpy==2.4.6

environment/bin/python - <<'PYTHON'
import numpy as np
import torch

seen = {}
for mean in (10_000, 100):
    images = np.random.default_rng(0).normal(mean, 1, (8, 64, 6, 5)).astype("float32")
    for order in (torch.contiguous_format, torch.channels_last):
        outputs = torch.nn.GroupNorm(8, 64)(torch.tensor(images).contiguous(memory_format=order)).detach()
        seen[mean, order] = float(outputs.std())
        print(f"mean {mean}, {order}: deviation of outputs {seen[mean, order]:.4f}, largest {float(outputs.abs().max()):.1f}")

np.testing.assert_allclose(seen[10_000, torch.contiguous_format], 1, atol=1e-3)
assert seen[10_000, torch.channels_last] > 100
np.testing.assert_allclose(seen[100, torch.channels_last], 1, atol=1e-2)
PYTHON
