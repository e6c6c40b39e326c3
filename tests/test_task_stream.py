"""A stream of relabelled tasks, and how much a network learns in its last one."""

import numpy as np
import pytest
import synthetic
from methods import METHODS
from pydantic import ValidationError

from bnlab.data.sources import read
from bnlab.data.synthetic import stream
from bnlab.experiments import quantity
from bnlab.networks.perceptron import Perceptron
from bnlab.study.datasets import settings
from bnlab.study.ledger import Measure
from bnlab.training.run import Run, train
from bnlab.training.settings import Settings, Split

SOURCES = synthetic.task_stream()
STREAM = {
    "source": "stream",
    "label": "a stream",
    "seed": 3,
    "tasks": 4,
    "task_rows": 20,
    "shape": {"rows": 200, "features": 5, "classes": 3},
    "split": {"test": 10, "test_rows": "last", "validation": 10},
    "scaling": "none",
}


def test_tasks_share_their_vectors_and_have_classes_of_their_own():
    table = read(settings(STREAM))
    vectors = np.unique(table.x, axis=0)
    assert (table.x.shape, len(vectors)) == ((200, 5), 20)
    classes = []
    for x, y in zip(np.split(table.x, 4), np.split(table.y, 4), strict=True):
        places = [int(np.flatnonzero((vectors == row).all(axis=1))[0]) for row in x]
        known = dict(zip(places, y, strict=True))
        assert [known[place] for place in places] == y.tolist()  # one class within a task
        assert sorted(places[:20]) == sorted(places[20:40]) == list(range(20))
        assert places[:20] != places[20:40]
        classes.append([known[place] for place in range(20)])
    assert len({tuple(each) for each in classes}) == 4


def test_the_classes_of_a_task_depend_on_seed_task_and_vector_alone():
    short, long = stream(80, 5, 3, 2, 20, 3), stream(200, 5, 3, 2, 20, 3)
    known = {tuple(x): y for x, y in zip(long.x[100:], long.y[100:], strict=True)}
    assert [known[tuple(x)] for x in short.x[40:]] == short.y[40:].tolist()
    other = stream(80, 5, 3, 2, 20, 4)
    assert not np.isin(other.x, short.x).any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"split": STREAM["split"] | {"test_rows": "stratified"}},
        {"shape": STREAM["shape"] | {"rows": 79}},
    ],
)
def test_a_stream_that_loses_its_order_or_has_too_few_rows_is_refused(wrong):
    with pytest.raises(ValidationError, match="test_rows: last, and at least tasks times"):
        settings(STREAM | wrong)


def test_training_goes_from_task_to_task():
    """Without a step's move, the accuracy on the rows of each task is that of its own classes."""
    table = stream(240, 5, 3, 3, 20, 3)
    x, y = table.x.astype(np.float32), table.y.astype(np.int32)
    split = Split(x, y, x[:10], y[:10], x[:10], y[:10], np.array(table.class_names))
    chosen = Settings("relu", "he_normal", 0.0, 12, 0, 3, shuffle=False)
    run = Run(split, Perceptron([8]), METHODS["ln"], chosen, 20, 1)
    parameters, state, order, _ = run.start(0)
    logits = run.network(parameters_of(parameters), state, x, training=False)[0].numpy()
    right = (logits.argmax(axis=1) == y).reshape(3, 80).mean(axis=1)
    rows = train(run, 1).history.query("split == 'train'")
    assert order.ravel().tolist() == list(range(240))
    assert rows["accuracy"].tolist() == pytest.approx(right.tolist(), abs=1e-6)


def parameters_of(values):
    """Return parameters as the network takes them."""
    from bnlab.training.trainer import stored

    return stored(values)


def measured(method, fixed):
    metrics = SOURCES["metrics"]
    rows = metrics[(metrics["units"] == 100) & (metrics["fixed_norms"] == fixed)]
    effect = Measure.model_construct(rate=None, batch=60, epoch=None, statistics="moving")
    values = quantity("task_stream", "last_over_first")({"metrics": rows}, effect, method)
    return values.tolist()


def test_the_last_task_is_compared_with_the_first_at_their_ends():
    assert measured("ln", "none") == pytest.approx([0.5] * 4)
    assert measured("ln", "hidden*/kernel") == pytest.approx([1] * 4)
    assert measured("base", "none") == pytest.approx([1] * 4)


def test_the_tables_have_each_task_and_the_last_over_the_first():
    where = ("digits", synthetic.ALL_RECIPES, "Digits", synthetic.LABELS)
    by_task, last = (
        synthetic.tabulated("task_stream", kind, SOURCES, *where)
        for kind in ("by_task", "last_task")
    )
    of = {"method": "ln", "fixed_norms": "none", "units": 400}
    tasks, row = (t.loc[(t[list(of)] == list(of.values())).all(axis=1)] for t in (by_task, last))
    assert tasks["task"].tolist() == [1, 2, 3]
    assert tasks["mean"].tolist() == pytest.approx([0.7988, 0.5991, 0.3994], abs=1e-4)
    assert row["ratio"].item() == pytest.approx(0.5)
    assert (row["first"].item(), row["mean"].item()) == pytest.approx((0.7988, 0.3994), abs=1e-4)
