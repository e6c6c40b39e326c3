"""Recipes: named sets of training settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study.section import Count, Name, Rate, Section, Seed


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


class Adam(Section):
    """Settings of Adam other than its learning rate."""

    beta_1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Decay of the mean of gradients, per step; default 0.9."""
    beta_2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of the mean of squared gradients, per step; default 0.999."""
    epsilon: Annotated[float, Field(gt=0)] = 1e-7
    """Constant ε in the denominator; default 1e-7."""


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
                "optimizer", f"'{value}' is no optimizer (allowed: sgd, adam)"
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
    activation: Literal["sigmoid", "tanh", "relu", "gelu"]
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

    def steps(self, train_rows: int, batch: int) -> int:
        """Return the number of steps: ⌈epochs · train_rows / batch⌉ where the budget is in epochs."""
        if self.budget.steps is not None:
            return self.budget.steps
        assert self.budget.epochs is not None
        return -(-self.budget.epochs * train_rows // batch)
