"""Recipes: named sets of training settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bnlab.study.section import (
    VARIABLES,
    Count,
    Name,
    Rate,
    Section,
    Seed,
    StepShare,
    Variables,
)


class Budget(Section):
    """Length of a training: steps or epochs, exactly one of them."""

    steps: Count | None = None
    """Training steps; give this or epochs."""
    epochs: Count | None = None
    """Passes over the training rows; give this or steps."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Budget:
        if (self.steps is None) == (self.epochs is None):
            raise PydanticCustomError("budget", "must name exactly one of steps, epochs")
        return self


class Evaluations(Section):
    """Evaluations of a training; the last one always uses all rows."""

    first_epoch: Annotated[int, Field(ge=0)] = 10
    """Number of evaluations within the first epoch; default 10."""
    later: Count = 30
    """Number of evaluations after the first epoch; default 30."""
    rows: Count | None = None
    """Validation rows and test rows that an evaluation uses, but for the last one; left out: all rows."""
    resolution: Annotated[float | None, Field(gt=0, lt=1)] = None
    """Adds evaluations, without probes, until each comes at most this share of its step after the last one;
    left out: none."""


class SGD(Section):
    """Settings of stochastic gradient descent other than its learning rate."""

    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Momentum, from 0 to below 1; default 0."""
    nesterov: bool = False
    """true: Nesterov's momentum; default false."""
    velocity: Literal["steps", "gradients"] = "steps"
    """Terms of the velocity: steps at the rates of their time (Keras), or gradients, all at today's rate (PyTorch);
    default steps."""


class Adam(Section):
    """Settings of Adam other than its learning rate."""

    beta_1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Decay of the mean of gradients, per step; default 0.9."""
    beta_2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of the mean of squared gradients, per step; default 0.999."""
    epsilon: Annotated[float, Field(gt=0)] = 1e-7
    """Constant ε in the denominator; default 1e-7."""
    epsilon_place: Literal["before_correction", "after_correction"] = "before_correction"
    """Adds ε before the mean square is corrected for its start at 0 (Keras), or after (PyTorch);
    default before_correction."""


class Optimizer(Section):
    """One optimizer; its name alone stands for all settings at their defaults."""

    model_config = ConfigDict(
        json_schema_extra={"type": ["object", "string"], "pattern": "^(sgd|adam)$"}
    )

    sgd: SGD | None = None
    """Stochastic gradient descent and its settings; give this or adam."""
    adam: Adam | None = None
    """Adam and its settings; give this or sgd."""

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in cls.model_fields:
            raise PydanticCustomError(
                "optimizer",
                f"'{value}' is no optimizer (allowed: sgd, adam; AdamW is adam with weight_decay)",
            )
        return {value: {}}

    @model_validator(mode="after")
    def _exactly_one(self) -> Optimizer:
        if (self.sgd is None) == (self.adam is None):
            raise PydanticCustomError("optimizer", "must name exactly one of sgd, adam")
        return self

    @property
    def named(self) -> dict[str, dict[str, Any]] | None:
        """Name and settings, None for plain gradient descent."""
        short = self.shortest()
        if isinstance(short, str):
            return None if short == "sgd" else {short: {}}
        return short

    @model_serializer
    def shortest(self) -> str | dict[str, Any]:
        """Return the shortest form in a config: `sgd`, or `{sgd: {momentum: 0.9}}`."""
        name, chosen = ("sgd", self.sgd) if self.sgd else ("adam", self.adam)
        assert chosen is not None
        settings = chosen.model_dump(exclude_defaults=True)
        return {name: settings} if settings else name


class Cosine(Section):
    """A rate that falls along half a cosine until the last step."""

    to: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the rate that is left at the end; default 0."""


class Drops(Section):
    """A rate that falls at once after some steps."""

    at: Annotated[list[StepShare], Field(min_length=1)]
    """Steps after which the rate falls, counted with those of the warm-up; fractions are shares of all steps."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Factor on the rate each time; default 0.1."""


class Exponential(Section):
    """A rate that falls or grows by the same factor in every step."""

    factor: Rate
    """Factor on the rate in each step after the warm-up; above 1 the rate grows."""


SHAPES = ("cosine", "step", "exponential")


class Schedule(Section):
    """Learning rates over training: a warm-up, then a constant rate or one of cosine, step and exponential."""

    model_config = ConfigDict(
        json_schema_extra={"type": ["object", "string"], "pattern": "^cosine$"}
    )

    warm_up: StepShare | None = None
    """Steps, or a share of all steps, in which the rate rises to learning_rate in a line; left out: none."""
    cosine: Cosine | None = None
    """Half a cosine, from the end of the warm-up to that of training; `schedule: cosine` falls to 0."""
    step: Drops | None = None
    """Drops after given steps, which count from the first of training."""
    exponential: Exponential | None = None
    """The same factor in every step after the warm-up."""
    of: Annotated[list[Variables], Field(min_length=1)] | None = None
    """Variables whose rate follows the schedule, named as in `train`; left out: all."""

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value != "cosine":
            raise PydanticCustomError(
                "schedule",
                f"'{value}' is no schedule (allowed: cosine; a mapping with warm_up, cosine, step or exponential)",
            )
        return {value: {}}

    @model_validator(mode="after")
    def _one_shape(self) -> Schedule:
        shapes = [name for name in SHAPES if getattr(self, name)]
        if len(shapes) > 1 or not (shapes or self.warm_up):
            raise PydanticCustomError(
                "schedule", "must name warm_up, or one of cosine, step, exponential, or both"
            )
        return self

    @property
    def shape(self) -> str | None:
        """Name of the shape after the warm-up, None for a constant rate."""
        return next((name for name in SHAPES if getattr(self, name)), None)

    def in_steps(self, steps: int) -> dict[str, Any]:
        """Return the schedule of a training of so many steps, as `training.rates.factors` takes it."""

        def count(size: float) -> int:
            return size if isinstance(size, int) else max(1, round(size * steps))

        shape = self.model_dump(include={*SHAPES}, exclude_none=True)
        if self.step:
            shape["step"]["at"] = [count(size) for size in self.step.at]
        return ({"warm_up": count(self.warm_up)} if self.warm_up else {}) | shape


def _of_kernels(value: Any) -> Any:
    return {"kernel": value} if isinstance(value, int | float | str) else value


NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
OfVariables = Annotated[dict[Variables, NonNegative], Field(min_length=1)]
Decay = Annotated[
    OfVariables,
    BeforeValidator(_of_kernels),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {
                    "type": "object",
                    "patternProperties": {VARIABLES: {"type": "number", "minimum": 0}},
                    "minProperties": 1,
                },
            ]
        }
    ),
]


class Correlated(Section):
    """Batches of few classes; the other rows of a batch come from all classes."""

    classes: Count
    """Number of classes that a batch is drawn from."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of a batch's rows that come from these classes, above 0 and at most 1; default 1."""


class Recipe(Section):
    """A named set of training settings."""

    network: Annotated[dict[Name, Any], Field(min_length=1, max_length=1)]
    """One network and its settings, such as `{perceptron: [100, 100, 100]}`."""
    activation: Literal["sigmoid", "tanh", "relu", "gelu", "linear"]
    """Activation of the hidden layers."""
    initializer: Literal[
        "glorot_uniform",
        "glorot_uniform_4",
        "glorot_normal",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "normal_0.01",
        "normal_0.1",
        "normal_1",
    ]
    """Initial kernels; `normal_σ` is a normal distribution with standard deviation σ, and `glorot_uniform_4` four times
    as wide as Glorot's."""
    optimizer: Optimizer
    """Optimizer: `sgd`, `adam`, or a mapping with its settings."""
    learning_rate: Rate
    """Learning rate, at the reference batch size where there is one."""
    learning_rate_reference_batch: Count | None = None
    """Batch size in rows at which learning_rate holds; at others it is proportional to the batch.
    Left out: the same rate at all batch sizes."""
    budget: Budget
    """Length of the training, in steps or in epochs."""
    evaluations: Evaluations = Evaluations()
    """Number of evaluations during training, and their rows."""
    probes: list[Name] = []
    """Measurements taken during training, by name; left out: none."""
    l2: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """λ of the penalty λ·Σ w² on kernels; default 0."""
    weight_decay: Decay | None = None
    """λ of w ← (1 − rate·λ)·w beside the gradient: a number for kernels, or numbers by variables.
    With adam it is AdamW."""
    schedule: Schedule | None = None
    """Learning rates over training: `cosine`, or a mapping; left out: constant. Probes use learning_rate itself."""
    train: Annotated[list[Variables], Field(min_length=1)] | None = None
    """Variables that train: names, layers or paths, as `[gamma, logits, hidden*/kernel]`; left out: all."""
    rates: OfVariables | None = None
    """Factors on the learning rate by variables, named as in `train`; 0 lets them stay."""
    fixed_norms: Annotated[list[Variables], Field(min_length=1)] | None = None
    """Variables, named as in `train`, that each step scales back to their norm before training."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of every hidden layer's outputs set to 0 in training; default 0."""
    correlated: Correlated | None = None
    """Batches drawn from few classes; left out: from all."""
    shuffle: bool | Literal["by_class"] = True
    """Order of rows: true draws a new one in each pass, false keeps that of the data, by_class sorts by class;
    default true."""
    softmax: Literal["once", "twice"] = "once"
    """`twice` is a mistake on purpose: the loss takes probabilities for logits; default once."""
    seed: Seed | None = None
    """Seed of this recipe's first replicate; left out: that of the study."""
    replicates: Count | None = None
    """Number of replicates; left out: that of the study."""
    stands_for: Name | None = None
    """Name of the recipe that claims mean and this one replaces; left out: none."""

    def rate(self, batch: int) -> float:
        """Return the learning rate at a batch size, proportional to it where there is a reference batch."""
        reference = self.learning_rate_reference_batch
        return self.learning_rate * batch / reference if reference else self.learning_rate

    def compared(self) -> dict[str, Any]:
        """Return the settings by which experiments compare recipes, each a number or a word.

        ``share`` is that of a batch's rows which come from few ``classes``, 0 where batches are random; ``shuffle`` is
        "random", "none" or "by_class"; ``weight_decay`` is that of kernels; ``schedule`` is "constant" or the shape
        after the warm-up, and ``warm_up`` its length as the recipe writes it; ``trained`` are the entries of ``train``,
        "all" without any; ``kernel_factor`` is the factor on the rate of kernels, and ``fixed_norms`` are its entries,
        "none" without any.
        """
        shuffles = {True: "random", False: "none", "by_class": "by_class"}
        schedule = self.schedule or Schedule.model_construct()
        return {
            "activation": self.activation,
            "initializer": self.initializer,
            "l2": self.l2,
            "dropout": self.dropout,
            "classes": self.correlated.classes if self.correlated else 0,
            "share": self.correlated.share if self.correlated else 0.0,
            "shuffle": shuffles[self.shuffle],
            "optimizer": "adam" if self.optimizer.adam else "sgd",
            "momentum": self.optimizer.sgd.momentum if self.optimizer.sgd else 0.0,
            "weight_decay": (self.weight_decay or {}).get("kernel", 0.0),
            "schedule": schedule.shape or "constant",
            "warm_up": schedule.warm_up or 0,
            "trained": " ".join(self.train or ["all"]),
            "kernel_factor": (self.rates or {}).get("kernel", 1.0),
            "fixed_norms": " ".join(self.fixed_norms or ["none"]),
        }

    def steps(self, train_rows: int, batch: int) -> int:
        """Return the number of steps: ⌈epochs · train_rows / batch⌉ where the budget is in epochs."""
        if self.budget.steps is not None:
            return self.budget.steps
        assert self.budget.epochs is not None
        return -(-self.budget.epochs * train_rows // batch)
