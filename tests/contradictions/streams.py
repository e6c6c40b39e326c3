"""Claims on residual networks and transformers, in PyTorch."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from perceptrons import descend, right, tensors
from rows import read
from torch import Tensor, nn

SEEDS = range(701, 704)


def scaled(network: nn.Module, glorot: bool, gain: float = 1) -> nn.Module:
    """Draw kernels as Glorot does, or normal of variance ``gain``/fan_in; biases are zero."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            fan_in = layer.weight.shape[1]
            nn.init.xavier_uniform_(layer.weight) if glorot else nn.init.normal_(
                layer.weight, 0, (gain / fan_in) ** 0.5
            )
            nn.init.zeros_(layer.bias)
    return network


def layer_norm(units: int) -> nn.Module:
    return nn.LayerNorm(units, eps=1e-3)


class DynamicTanh(nn.Module):
    """γ·tanh(α·u) + β, α from 0.5."""

    def __init__(self, units: int):
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor(0.5))
        self.gamma, self.beta = nn.Parameter(torch.ones(units)), nn.Parameter(torch.zeros(units))

    def forward(self, u: Tensor) -> Tensor:
        return self.gamma * torch.tanh(self.alpha * u) + self.beta


class Attention(nn.Module):
    """Self-attention between tokens."""

    def __init__(self, units: int, heads: int):
        super().__init__()
        self.heads, self.of, self.out = heads, nn.Linear(units, 3 * units), nn.Linear(units, units)
        self.of = nn.ModuleList(nn.Linear(units, units) for _ in range(3))

    def forward(self, h: Tensor) -> Tensor:
        q, k, v = (f(h).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in self.of)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Residual(nn.Module):
    """A stream into which each branch adds f(N(h))."""

    def __init__(
        self, embed: nn.Module, branches: list[nn.Module], norm, units: int, last: nn.Module
    ):
        super().__init__()
        self.embed, self.last = embed, last
        self.branches = nn.ModuleList(nn.Sequential(norm(units), f) for f in branches)
        self.norm, self.logits = norm(units), nn.Linear(units, 10)

    def stream(self, x: Tensor) -> Iterator[Tensor]:
        h = self.embed(x)
        for branch in self.branches:
            h = h + branch(h)
            yield h

    def forward(self, x: Tensor) -> Tensor:
        *_, h = self.stream(x)
        return self.logits(self.last(self.norm(h)))

    @torch.no_grad()
    def doubling(self, x: Tensor) -> float:
        """Return the mean square of the stream after all branches over that after half of them."""
        squares = [float((h**2).mean()) for h in self.stream(x)]
        return squares[-1] / squares[len(squares) // 2 - 1]


def residual_perceptron(blocks: int) -> nn.Module:
    branches = [nn.Sequential(nn.ReLU(), nn.Linear(100, 100)) for _ in range(blocks)]
    return scaled(Residual(nn.Linear(784, 100), branches, layer_norm, 100, nn.ReLU()), False, 2)


class Tokens(nn.Module):
    """Patches of an image, mapped to the units of the stream, each with a position that is learnt."""

    def __init__(self, height: int, width: int, units: int):
        super().__init__()
        self.height, self.width = height, width
        self.dense = nn.Linear(height * width, units)
        self.position = nn.Parameter(0.02 * torch.randn(784 // (height * width), units))

    def forward(self, x: Tensor) -> Tensor:
        cut = x.view(-1, 28 // self.height, self.height, 28 // self.width, self.width)
        return self.dense(cut.transpose(2, 3).flatten(3).flatten(1, 2)) + self.position


class Mean(nn.Module):
    """Mean over tokens."""

    def forward(self, h: Tensor) -> Tensor:
        return h.mean(1)


def transformer(
    patch: tuple[int, int], units: int, heads: int, norm, activation, glorot: bool
) -> nn.Module:
    """Return eight blocks of attention and a perceptron, with the norm in their branches."""
    branches: list[nn.Module] = []
    for _ in range(8):
        wide = nn.Sequential(nn.Linear(units, 4 * units), activation(), nn.Linear(4 * units, units))
        branches += [Attention(units, heads), wide]
    return scaled(Residual(Tokens(*patch, units), branches, norm, units, Mean()), glorot)


def doublings(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """10a and 10b: growth of the stream in the last half of the blocks, before and after training."""
    train, _, _ = tensors(read(data / "fashion-mnist"))
    lines: dict[str, Callable[[], nn.Module]] = {
        "rows": lambda: transformer((1, 28), 32, 4, layer_norm, nn.ReLU, False),
        "32": lambda: residual_perceptron(32),
        "8": lambda: residual_perceptron(8),
    }
    for name, at_start, in_training, steps in (
        ("rows", 1, 1, 300),
        ("32", 3, 2, 500),
        ("8", 4, 3, 500),
    ):
        pairs = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            network = lines[name]()
            before = network.doubling(train[0][:200])
            if name == "rows":
                optimizer = torch.optim.Adam(network.parameters(), 0.001, eps=1e-7)
            else:
                optimizer = torch.optim.SGD(network.parameters(), 0.1)
            descend(network, train, optimizer, steps, 60, seed)
            pairs.append((before, network.doubling(train[0][:200])))
        yield "10a", at_start, [before for before, _ in pairs]
        yield "10b", in_training, [after for _, after in pairs]


def dynamic_tanh(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """35a: eight blocks on 16 patches, 300 steps of Adam, at layer norm's best rate and at each one's."""
    train, validation, test = tensors(read(data / "fashion-mnist"))
    ends: dict[tuple[str, float], np.ndarray] = {}
    for name, norm in (("ln", layer_norm), ("dyt", DynamicTanh)):
        for rate in (0.001, 0.005):
            found = []
            for seed in SEEDS:
                torch.manual_seed(seed)
                network = transformer((7, 7), 16, 2, norm, nn.GELU, True)
                optimizer = torch.optim.Adam(network.parameters(), rate, eps=1e-7)
                descend(network, train, optimizer, 300, 32, seed)
                found.append((right(network, validation), right(network, test)))
            ends[name, rate] = np.array(found)
    best = {
        name: max((0.001, 0.005), key=lambda rate: ends[name, rate][:, 0].mean())
        for name in ("ln", "dyt")
    }
    print("best rates:", best, {key: found.mean(0).round(1) for key, found in ends.items()})
    with_ln = ends["ln", best["ln"]][:, 1]
    yield "35a", 2, list(ends["dyt", best["ln"]][:, 1] - with_ln)
    yield "35a", 4, list(ends["dyt", best["dyt"]][:, 1] - with_ln)


COMPUTATIONS = (doublings, dynamic_tanh)
