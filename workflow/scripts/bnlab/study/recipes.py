"""Recipes: named sets of training settings, as a config gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from bnlab.study.section import Count, Name, Rate, Section, Seed


class Budget(Section):
    """How long to train: a number of steps or a number of epochs, exactly one of them."""

    steps: Count | None = None
    epochs: Count | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Budget:
        if (self.steps is None) == (self.epochs is None):
            raise PydanticCustomError("budget", "must name exactly one of steps, epochs")
        return self


class Evaluations(Section):
    """How many evaluations fall within the first epoch, and how many after it.

    `rows` is how many validation and how many test rows each may use (all where it is not set); the
    last evaluation always uses all. `resolution` adds evaluations between them, at which no probe measures, until each
    comes at most this share of its step after the one before.
    """

    first_epoch: Annotated[int, Field(ge=0)] = 10
    later: Count = 30
    rows: Count | None = None
    resolution: Annotated[float | None, Field(gt=0, lt=1)] = None


class SGD(Section):
    """Settings of stochastic gradient descent beside its rate."""

    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    nesterov: bool = False


class Adam(Section):
    """Settings of Adam beside its rate."""

    beta_1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta_2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    epsilon: Annotated[float, Field(gt=0)] = 1e-7


class Optimizer(Section):
    """One optimizer; its name alone where all its settings are at their defaults."""

    sgd: SGD | None = None
    adam: Adam | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, said: Any) -> Any:
        if not isinstance(said, str):
            return said
        if said not in cls.model_fields:
            raise PydanticCustomError("optimizer", f"'{said}' is no optimizer (allowed: sgd, adam)")
        return {said: {}}

    @model_validator(mode="after")
    def _exactly_one(self) -> Optimizer:
        if (self.sgd is None) == (self.adam is None):
            raise PydanticCustomError("optimizer", "must name exactly one of sgd, adam")
        return self

    @property
    def named(self) -> dict[str, dict[str, Any]] | None:
        """Its name and settings, None for plain gradient descent."""
        short = self.shortest()
        if isinstance(short, str):
            return None if short == "sgd" else {short: {}}
        return short

    @model_serializer
    def shortest(self) -> str | dict[str, Any]:
        """As it would be written: `sgd`, or `{sgd: {momentum: 0.9}}`."""
        name, chosen = ("sgd", self.sgd) if self.sgd else ("adam", self.adam)
        assert chosen is not None
        settings = chosen.model_dump(exclude_defaults=True)
        return {name: settings} if settings else name


class Correlated(Section):
    """Batches of few classes: how many each is of, and which share of its rows; the others come from all."""

    classes: Count
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Recipe(Section):
    """A named set of training settings.

    `network` names one network and gives its settings: those of its first one alone, or a mapping of all. `l2` is λ
    of a penalty λ·Σ w² on kernels, `dropout` the share of every hidden layer's outputs left out. `shuffle` says
    whether each pass has the rows in an order of its own; `by_class` also sorts it by class. `softmax: twice` is a
    mistake, a loss that takes probabilities for logits.
    `seed` and `replicates` take the place of the study's. `stands_for` is the recipe whose place this one takes in the
    claims.
    """

    network: Annotated[dict[Name, Any], Field(min_length=1, max_length=1)]
    activation: Literal["sigmoid", "tanh", "relu"]
    initializer: Literal[
        "glorot_uniform",
        "glorot_normal",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "normal_0.01",
        "normal_0.1",
        "normal_1",
    ]
    optimizer: Optimizer
    learning_rate: Rate
    learning_rate_reference_batch: Count | None = None
    budget: Budget
    evaluations: Evaluations = Evaluations()
    probes: list[Name] = []
    l2: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    correlated: Correlated | None = None
    shuffle: bool | Literal["by_class"] = True
    softmax: Literal["once", "twice"] = "once"
    seed: Seed | None = None
    replicates: Count | None = None
    stands_for: Name | None = None

    def rate(self, batch: int) -> float:
        """Learning rate at this batch size: proportional to it where a reference batch is set."""
        reference = self.learning_rate_reference_batch
        return self.learning_rate * batch / reference if reference else self.learning_rate

    def steps(self, train_rows: int, batch: int) -> int:
        """Steps to train: the budget's, or its epochs' examples over the batch, rounded up."""
        if self.budget.steps is not None:
            return self.budget.steps
        assert self.budget.epochs is not None
        return -(-self.budget.epochs * train_rows // batch)
