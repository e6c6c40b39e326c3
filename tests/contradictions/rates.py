"""Claims on the effective learning rate of normalized weights, in PyTorch."""

from collections.abc import Iterator
from math import log10, nan
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from perceptrons import descend, kernels_and_others, perceptron, right, tensors
from rows import read
from torch import nn

SEEDS = range(501, 506)
RATES = [10.0**power for power in range(-3, 5)]


def decades(accuracies: list[float]) -> float:
    """Return the powers of ten from the lowest to the highest of the unbroken rates within a point of the best."""
    best = int(np.nanargmax(accuracies))
    is_good = np.array(accuracies) >= accuracies[best] - 1
    low = high = best
    while low > 0 and is_good[low - 1]:
        low -= 1
    while high + 1 < len(RATES) and is_good[high + 1]:
        high += 1
    return log10(RATES[high] / RATES[low])


def kernel_rates(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """15a: three layers of 100 after 800 steps of 64 rows, the kernels at a rate of their own and all else at 0.1."""
    parts, differences = tensors(read(data / "fashion-mnist")), []
    for seed in SEEDS:
        widths = []
        for bn in (False, True):
            ends = []
            for rate in RATES:
                torch.manual_seed(seed)
                network = perceptron([100, 100, 100], bn)
                kernels, others = kernels_and_others(network)
                groups = [{"params": kernels, "lr": rate}, {"params": others}]
                descend(network, parts[0], torch.optim.SGD(groups, 0.1), 800, 64, seed)
                finite = all(p.isfinite().all() for p in network.parameters())
                ends.append(right(network, parts[2]) if finite else nan)
            widths.append(decades(ends))
        differences.append(widths[1] - widths[0])
    yield "15a", 1, differences


def normalized(units: int) -> nn.Sequential:
    """Return three layers with layer normalization from 32 features, and 10 logits."""
    layers: list[nn.Module] = []
    for fan_in in (32, units, units):
        layers += [nn.Linear(fan_in, units, bias=False), nn.LayerNorm(units), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Linear(units, 10))
    for layer in network:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
    return network


def last_over_first(units: int, fixed: bool, seed: int) -> float:
    """Return the accuracy over the last quarter of the last of 30 tasks, as a share of that of the first."""
    torch.manual_seed(seed)
    x, network, ends = torch.randn(1000, 32), normalized(units), []
    kernels, _ = kernels_and_others(network)
    lengths = [kernel.norm().item() for kernel in kernels]
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    for _ in range(30):
        y, hits = torch.randint(10, (1000,)), []
        for rows in torch.cat([torch.randperm(1000) for _ in range(15)]).split(50):
            logits = network(x[rows])
            hits.append(float((logits.argmax(1) == y[rows]).float().mean()))
            optimizer.zero_grad()
            F.cross_entropy(logits, y[rows]).backward()
            optimizer.step()
            with torch.no_grad():
                for kernel, length in zip(kernels, lengths, strict=True):
                    kernel.mul_(length / kernel.norm() if fixed else 1)
        ends.append(np.mean(hits[-75:]))
    return ends[-1] / ends[0]


def tasks(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """17a and 17b: 30 tasks of random classes of 1,000 normal vectors, 300 steps of 50 rows each."""
    for claim, test, units, fixed in (("17a", 2, 400, False), ("17b", 1, 100, True)):
        yield claim, test, [last_over_first(units, fixed, seed) for seed in SEEDS]


COMPUTATIONS = (kernel_rates, tasks)
