"""Claims on trained perceptrons, in PyTorch with its own layers, and SciPy's Lanczos method for the Hessian."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from rows import Rows, read
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn

Data = tuple[Tensor, Tensor]
SEEDS = range(601, 605)


def perceptron(
    hidden: list[int], bn: bool, activation=nn.ReLU, he=False, epsilon=1e-3
) -> nn.Sequential:
    """Return hidden layers of these widths with or without batch normalization, and 10 logits."""
    layers: list[nn.Module] = []
    for fan_in, units in zip([784, *hidden], hidden, strict=False):
        dense = nn.Linear(fan_in, units, bias=not bn)
        nn.init.kaiming_normal_(dense.weight) if he else nn.init.xavier_uniform_(dense.weight)
        norm = [nn.BatchNorm1d(units, eps=epsilon, momentum=0.01)] if bn else []
        layers += [dense, *norm, activation()]
    last = nn.Linear(hidden[-1], 10)
    nn.init.kaiming_normal_(last.weight) if he else nn.init.xavier_uniform_(last.weight)
    network = nn.Sequential(*layers, last)
    for layer in network:
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return network


def kernels_and_others(network: nn.Sequential) -> tuple[list[Tensor], list[Tensor]]:
    """Return the kernels of hidden layers, and all other parameters."""
    kernels = [layer.weight for layer in network[:-1] if isinstance(layer, nn.Linear)]
    others = [p for p in network.parameters() if all(p is not kernel for kernel in kernels)]
    return kernels, others


def tensors(rows: Rows) -> tuple[Data, Data, Data]:
    """Return the parts in single precision."""
    return tuple((torch.tensor(x, dtype=torch.float32), torch.tensor(y)) for x, y in rows)


def descend(network, data: Data, optimizer, steps: int, batch: int, seed: int, before=None) -> None:
    """Train on random batches without replacement; ``before`` is called with the number of each step."""
    x, y = data
    rng = np.random.default_rng(seed)
    epochs = -(-steps // (len(x) // batch))
    order = np.concatenate(
        [rng.permutation(len(x))[: len(x) // batch * batch] for _ in range(epochs)]
    )
    for step, rows in enumerate(torch.tensor(order).split(batch)[:steps]):
        if before:
            before(step)
        optimizer.zero_grad()
        F.cross_entropy(network(x[rows]), y[rows]).backward()
        optimizer.step()


@torch.no_grad()
def right(network, data: Data) -> float:
    """Return the share of rows that are right at inference, in points."""
    network.eval()
    return 100 * float((network(data[0]).argmax(1) == data[1]).float().mean())


def at_best_rate(make: Callable[[], nn.Module], parts, rates, steps: int) -> list[nn.Module]:
    """Return a network for each seed, trained at the rate with the best mean validation accuracy."""
    by_rate = {}
    for rate in rates:
        by_rate[rate] = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            network = make()
            optimizer = torch.optim.SGD(network.parameters(), rate)
            descend(network, parts[0], optimizer, steps, 60, seed)
            by_rate[rate].append(network)
    means = {rate: np.mean([right(n, parts[1]) for n in nets]) for rate, nets in by_rate.items()}
    print("validation accuracy by rate:", {rate: round(mean, 1) for rate, mean in means.items()})
    return by_rate[max(means, key=means.__getitem__)]


def eigenvalues(network, data: Data, number: int, training: bool) -> np.ndarray:
    """Return the largest eigenvalues of the Hessian by all parameters, the largest first."""
    network = deepcopy(network).train(training)
    parameters = list(network.parameters())
    loss = F.cross_entropy(network(data[0]), data[1])
    gradient = nn.utils.parameters_to_vector(
        torch.autograd.grad(loss, parameters, create_graph=True)
    )

    def product(vector: np.ndarray) -> np.ndarray:
        along = gradient @ torch.tensor(vector.ravel(), dtype=torch.float32)
        parts = torch.autograd.grad(along, parameters, retain_graph=True)
        return nn.utils.parameters_to_vector(parts).double().numpy()

    start = np.random.default_rng(1).normal(size=len(gradient))
    operator = LinearOperator((len(gradient),) * 2, matvec=product, dtype=float)
    return eigsh(operator, number, which="LA", tol=1e-3, v0=start, return_eigenvectors=False)[::-1]


def sharpness(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """18c and 19b: three layers of 50, each at its best rate after 1,000 steps."""
    parts = tensors(read(data / "fashion-mnist"))
    some = tuple(part[:1000] for part in parts[0])
    make = {bn: lambda bn=bn: perceptron([50, 50, 50], bn, he=True) for bn in (False, True)}
    base, bn = (at_best_rate(make[bn], parts, [0.01, 0.03, 0.1, 0.3], 1000) for bn in (False, True))
    plain, frozen = (
        np.array([eigenvalues(n, some, 10, False) for n in nets]) for nets in (base, bn)
    )
    batch = np.array([eigenvalues(network, some, 10, True) for network in bn])
    yield "18c", 1, list(batch[:, 0] / plain[:, 0])
    for test, values in ((1, batch), (3, frozen)):
        yield "19b", test, list(values[:, 0] / values[:, 9] / (plain[:, 0] / plain[:, 9]))


def edge(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """20b: gradient descent with batch normalization on all of 2,000 rows, two tanh layers of 30."""
    whole = tensors(read(data / "fashion-mnist", train=2000))[0]
    for test, rate in ((1, 0.1), (3, 0.2)):
        ratios = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            network = perceptron([30, 30], True, activation=nn.Tanh)
            optimizer, late = torch.optim.SGD(network.parameters(), rate), []

            def measure(step, network=network, late=late, rate=rate):
                if step in range(800, 1200, 80):
                    late.append(eigenvalues(network, whole, 1, True)[0] * rate / 2)

            descend(network, whole, optimizer, 1200, 2000, seed, measure)
            ratios.append(float(np.median(late)))
        yield "20b", test, ratios


def calibration_error(network, data: Data) -> float:
    """Return the mean distance of confidence from accuracy over 15 bins of confidence, weighted by rows, in points."""
    with torch.no_grad():
        confidence, predicted = F.softmax(network.eval()(data[0]), 1).max(1)
    correct = (predicted == data[1]).float()
    bins = (confidence * 15).ceil()
    gaps = [(correct[bins == i] - confidence[bins == i]).sum().abs() for i in range(1, 16)]
    return 100 * float(sum(gaps)) / len(correct)


def corrupted(network, data: Data) -> tuple[float, float]:
    """Return the accuracies under noise, and along the sign of the gradient, each a mean over three sizes."""
    (x, y), draws = data, torch.Generator().manual_seed(7)
    noise = torch.randn(x.shape, generator=draws)
    network.eval()
    leaf = x.clone().requires_grad_()
    sign = torch.autograd.grad(F.cross_entropy(network(leaf), y, reduction="sum"), leaf)[0].sign()
    noisy = [right(network, (x + size * noise, y)) for size in (0.1, 0.2, 0.4)]
    return np.mean(noisy), np.mean(
        [right(network, (x + size * sign, y)) for size in (0.01, 0.03, 0.1)]
    )


def robustness(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """26a, 26b and 27: three layers of 100, each at its best rate after 2,000 steps."""
    for test, name in ((1, "fashion-mnist"), (2, "mnist")):
        parts = tensors(read(data / name))
        make = {bn: lambda bn=bn: perceptron([100, 100, 100], bn) for bn in (False, True)}
        base, bn = (at_best_rate(make[bn], parts, [0.03, 0.1, 0.3], 2000) for bn in (False, True))
        without, with_bn = (np.array([corrupted(n, parts[2]) for n in nets]) for nets in (base, bn))
        yield "26a", test, list(with_bn[:, 0] - without[:, 0])
        yield "26b", test, list(with_bn[:, 1] - without[:, 1])
        errors = [[calibration_error(n, parts[2]) for n in nets] for nets in (base, bn)]
        yield "27", test, list(np.subtract(errors[1], errors[0]))


def decay(data: Path) -> Iterator[tuple[str, int, list[float]]]:
    """11a and 11b: three layers of 100, decay 0.02 at rate 0.1 against a growing rate, and against none of both."""
    parts, ends = tensors(read(data / "mnist")), []
    for seed in range(601, 609):
        ends.append([])
        for decayed, grows in ((0.02, False), (0, True), (0, False)):
            torch.manual_seed(seed)
            network = perceptron([100, 100, 100], True, epsilon=1e-9)
            kernels, others = kernels_and_others(network)
            groups = [{"params": kernels, "weight_decay": decayed}, {"params": others}]
            optimizer = torch.optim.SGD(groups, 0.1)

            def grow(step, optimizer=optimizer):
                optimizer.param_groups[0]["lr"] = 0.1 * (1 - 0.1 * 0.02) ** -(2 * step + 1)

            descend(network, parts[0], optimizer, 3000, 60, seed, grow if grows else None)
            ends[-1].append(right(network, parts[2]))
    with_decay, growing, none = np.transpose(ends)
    yield "11a", 1, list(with_decay - growing)
    yield "11b", 1, list(with_decay - none)


COMPUTATIONS = (sharpness, edge, robustness, decay)
