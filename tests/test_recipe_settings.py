"""Schedules, groups of variables, decay and optimizers in a config: what runs get, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf
from test_config import SMALL, folder, problems, small  # noqa: F401

from bnlab.networks.block import Method
from bnlab.networks.network import Network
from bnlab.study import validation
from bnlab.study.group_validation import group_problems
from bnlab.study.locations import ConfigError
from bnlab.study.recipes import Recipe
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split

FIRST = "recipes: {quick: {%s}}\n"


def settings_of(study, recipe="quick", batch=16):
    (run,) = {r for r in study.all_runs() if (r.recipe, r.batch, r.method) == (recipe, batch, "bn")}
    return study.settings(run), study.key(run)


@pytest.mark.parametrize(
    ("text", "settings"),
    [  # 105 training rows in batches of 16, 3 epochs: 20 steps
        ("schedule: cosine", {"schedule": {"cosine": {"to": 0.0}}}),
        ("schedule: {warm_up: 7}", {"schedule": {"warm_up": 7}}),
        (
            "schedule: {warm_up: 0.1, cosine: {to: 0.25}}",
            {"schedule": {"warm_up": 2, "cosine": {"to": 0.25}}},
        ),
        (
            "schedule: {step: {at: [0.5, 15]}}",
            {"schedule": {"step": {"at": [10, 15], "factor": 0.1}}},
        ),
        (
            "schedule: {exponential: {factor: 1.5}, of: [kernel]}",
            {"schedule": {"exponential": {"factor": 1.5}}, "scheduled": ["kernel"]},
        ),
        ("train: [gamma, logits]", {"train": ["gamma", "logits"]}),
        ("rates: {kernel: 10, logits: 0}", {"rates": {"kernel": 10.0, "logits": 0.0}}),
        ("weight_decay: 0.01", {"weight_decay": {"kernel": 0.01}}),
        ("weight_decay: {hidden*/kernel: 0.5}", {"weight_decay": {"hidden*/kernel": 0.5}}),
        ("fixed_norms: [kernel]", {"fixed_norms": ["kernel"]}),
        (
            "optimizer: {sgd: {momentum: 0.9, velocity: gradients}}",
            {"optimizer": {"sgd": {"momentum": 0.9, "velocity": "gradients"}}},
        ),
        (
            "optimizer: {adam: {epsilon_place: after_correction}}",
            {"optimizer": {"adam": {"epsilon_place": "after_correction"}}},
        ),
    ],
)
def test_a_setting_reaches_its_runs_and_changes_their_key(small, text, settings):  # noqa: F811
    before, key = settings_of(small())
    after, new_key = settings_of(small(FIRST % text))
    assert after == before | settings
    assert new_key != key


@pytest.mark.parametrize(
    "text",
    [
        "weight_decay: 0",
        "weight_decay: {kernel: 0}",
        "optimizer: {sgd: {velocity: steps}}",
        "optimizer: sgd",
    ],
)
def test_a_setting_at_its_default_changes_no_key(small, text):  # noqa: F811
    assert settings_of(small(FIRST % text)) == settings_of(small())


@pytest.mark.parametrize(
    ("text", "key", "sentence"),
    [
        ("schedule: linear", "schedule", "'linear' is no schedule (allowed: cosine; a mapping"),
        ("schedule: {}", "schedule", "must name warm_up, or one of cosine, step, exponential"),
        (
            "schedule: {cosine: {}, exponential: {factor: 0.9}}",
            "schedule",
            "must name warm_up, or one of cosine, step, exponential",
        ),
        ("schedule: {warmup: 5}", "schedule.warmup", "did you mean 'warm_up'?"),
        (
            "schedule: {warm_up: 0}",
            "schedule.warm_up",
            "(allowed: steps as 1, 2, …; a share as 0.2)",
        ),
        ("schedule: {warm_up: 1.5}", "schedule.warm_up", "1.5 is no size of a part"),
        ("schedule: {cosine: {to: 1}}", "schedule.cosine.to", "too large (allowed: below 1"),
        ("schedule: {step: {factor: 0.5}}", "schedule.step.at", "is missing"),
        ("schedule: {step: {at: []}}", "schedule.step.at", "is empty"),
        ("schedule: {step: {at: [5], factor: 2}}", "schedule.step.factor", "too large"),
        ("schedule: {step: {at: [5, 5]}}", "schedule.step.at.1", "5 is listed twice"),
        ("schedule: {exponential: {}}", "schedule.exponential.factor", "is missing"),
        ("schedule: {exponential: {factor: 0}}", "schedule.exponential.factor", "is too small"),
        ("train: []", "train", "is empty"),
        ("train: gamma", "train", "'gamma' is not a list"),
        (
            "train: [hidden1//gamma]",
            "train.0",
            "'hidden1//gamma' means no variables (allowed: gamma",
        ),
        ("rates: {kernel: -1}", "rates.kernel", "-1 is too small (allowed: 0"),
        ("rates: 2", "rates", "2 is not a mapping"),
        ("weight_decay: -0.1", "weight_decay.kernel", "-0.1 is too small"),
        ("weight_decay: 1e-4", "weight_decay.kernel", "'1e-4' is text in YAML; write 1.0e-4"),
        ("fixed_norms: [1]", "fixed_norms.0", "since YAML reads it as 1"),
        ("optimizer: adamw", "optimizer", "(allowed: sgd, adam; AdamW is adam with weight_decay)"),
        (
            "optimizer: {sgd: {velocity: rates}}",
            "optimizer.sgd.velocity",
            "(allowed: steps, gradients)",
        ),
        (
            "optimizer: {adam: {epsilon_place: before}}",
            "optimizer.adam.epsilon_place",
            "(allowed: before_correction, after_correction)",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence(problems, text, key, sentence):  # noqa: F811
    lines = problems(overlays=(FIRST % text,))
    assert len(lines) == 1, lines
    assert f"recipes.quick.{key}: " in lines[0] and sentence in lines[0]


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (
            "{warm_up: 20}",
            "warms up for 20 steps, and on 'flowers' in batches of 16 it trains for 20",
        ),
        (
            "{step: {at: [3, 25]}}",
            "drops its rate after 25 steps, and on 'flowers' in batches of 16",
        ),
        ("{exponential: {factor: 200}}", "grows its rate to 10^43 on 'flowers' in batches of 16"),
        ("{warm_up: 19}", None),
        ("{step: {at: [3, 19]}}", None),
        ("{exponential: {factor: 50}}", None),
    ],
)
def test_a_schedule_fits_the_steps_that_it_is_for(small, problems, schedule, sentence):  # noqa: F811
    alone = f"{FIRST % f'schedule: {schedule}'}experiments: {{batch_size: null}}\n"
    if sentence is None:
        assert small(alone)
    else:
        (line,) = problems(overlays=(alone,))
        assert "learning_curves.runs.0.recipes.0: 'quick' " in line and sentence in line


@pytest.fixture
def with_groups(small, folder):  # noqa: F811
    """The lines of a dry run that builds the networks of a recipe with groups."""

    def lines(text: str) -> list[str]:
        files = [folder / "config.yaml", folder / "1.yaml"]
        small(FIRST % text)
        try:
            validation.load(validation.overlaid(files), files, group_problems)
        except ConfigError as error:
            return str(error).splitlines()
        return []

    return lines


def test_entries_that_mean_no_variable_and_methods_without_any_are_told_before_any_job(with_groups):
    (gama, norm, decay, rate, of) = with_groups(
        "train: [gama, logits], fixed_norms: [hidden3/kernel], weight_decay: {kernels: 0.1},"
        " rates: {hidden1: 2, hiden2: 3}, schedule: {warm_up: 3, of: [kern*, bta]}"
    )
    assert "recipes.quick.train.0: unknown variable or layer 'gama'; did you mean 'gamma'?" in gama
    assert "recipes.quick.fixed_norms.0: unknown variable or layer 'hidden3/kernel'" in norm
    assert (
        "recipes.quick.schedule.of.1: unknown variable or layer 'bta'; did you mean 'beta'?"
        in decay
    )
    assert "recipes.quick.weight_decay.kernels: unknown variable or layer 'kernels'" in rate
    assert "(allowed: kernel, bias, gamma, beta, hidden1, hidden2, logits)" in rate
    assert "recipes.quick.rates.hiden2: unknown variable or layer 'hiden2'; did you mean" in of


def test_a_run_that_trains_nothing_is_refused_and_one_without_groups_builds_nothing(with_groups):
    (line,) = with_groups("train: [gamma, beta]")
    assert "recipes.quick.train: trains nothing of 'base', whose variables are kernel, bias" in line
    (line,) = with_groups("rates: {kernel: 0, bias: 0, logits: 0}")
    assert "recipes.quick.rates: trains nothing of 'base'" in line
    assert with_groups("train: [gamma, beta, logits]") == []


def test_the_recipes_of_a_family_differ_by_schedule_and_decay(small):  # noqa: F811
    family = (
        "recipes:\n  decay<weight_decay>_lr<learning_rate>: {activation: relu, initializer: he_normal,\n"
        "    learning_rate: [0.1], weight_decay: [0, 0.01], budget: {epochs: 1}}\n"
    )
    recipes = small(family).recipes
    assert [recipes[f"decay{d}_lr0.1"].weight_decay for d in ("0", "0.01")] == [
        {"kernel": 0.0},
        {"kernel": 0.01},
    ]


class Slope(Network):
    """A network of one kernel, whose gradient is the same number everywhere."""

    biases = False

    def __init__(self, gradient: float):
        self.gradient = gradient

    def build(self, shape, classes):
        self.add_logits(1, classes)

    def call(self, x, training):
        return self.logits(x)

    def loss(self, outputs, target):
        return self.gradient * tf.reduce_mean(tf.reduce_sum(outputs, axis=1))


@pytest.mark.parametrize(
    ("optimizer", "gradient", "last"),
    [
        ("{sgd: {momentum: 0.9}}", 1.0, 1.81),
        ("{sgd: {momentum: 0.9, velocity: gradients}}", 1.0, 0.271),
        ("adam", 1e-6, 0.240251),
        ("{adam: {epsilon: 1.0e-8, epsilon_place: after_correction}}", 1e-6, 0.990099),
    ],
)
def test_a_recipe_trains_by_the_form_that_it_names(small, optimizer, gradient, last):  # noqa: F811
    """The third step, after a tenfold drop of the rate, of momentum, and the first step of Adam."""
    steps = 3 if "momentum" in optimizer else 1
    schedule = "schedule: {step: {at: [2]}}, " if steps == 3 else ""
    recipe = f"{schedule}optimizer: {optimizer}, learning_rate: 1.0, budget: {{steps: {steps}, epochs: null}}"
    chosen, _ = settings_of(small(FIRST % recipe))
    x, y = np.ones((16, 1), np.float32), np.arange(16, dtype=np.int32) % 3
    rows = Split(x, y, x, y, x, y, np.array(["a", "b", "c"]))
    run = Run(rows, Slope(gradient), Method(), Settings(**chosen), 16, seed=1)
    parameters, state, order, _ = run.start(0)
    for step in range(steps):
        before = parameters
        parameters, state, *_ = run.trainer.advance(
            parameters, state, order, run.rates, step, step + 1
        )
    np.testing.assert_allclose(before[0] - parameters[0], last, rtol=1e-4)


def test_experiments_compare_recipes_by_what_trains_them(small):  # noqa: F811
    names = ("optimizer", "momentum", "weight_decay", "schedule", "warm_up")
    overlay = (
        FIRST % "optimizer: {sgd: {momentum: 0.9}}, schedule: {warm_up: 0.1, step: {at: [0.5]}},"
        " weight_decay: {kernel: 0.01, gamma: 0.1}"
    )
    study = small(overlay)
    own, plain = (study.comparison_settings(name) for name in ("quick", "probed"))
    assert [own[name] for name in names] == ["sgd", 0.9, 0.01, "step", 0.1]
    assert [plain[name] for name in names] == ["sgd", 0.0, 0.0, "constant", 0]
    assert (plain["shuffle"], plain["share"], plain["layers"]) == ("random", 0.0, 2)


def test_what_a_recipe_leaves_out_is_none():
    names = ("schedule", "train", "rates", "weight_decay", "fixed_norms")
    assert all(Recipe.model_fields[name].default is None for name in names)
    assert SMALL.count("schedule") == 0
