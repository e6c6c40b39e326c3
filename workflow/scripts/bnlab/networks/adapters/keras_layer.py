"""Layers of Keras as normalizers."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from bnlab.lazy import tf
from bnlab.networks import side_effects
from bnlab.networks.adapters.adapter import ROWS, Adapter, Weight, unique

SEED = "seed_generator_state"
LOSSES = ("_losses", "_loss_ids")
"""Attributes that a loss is added to, of which there is a sentence of its own."""


class Built:
    """A layer that is built for inputs (m, *shape), as ``adapter.Layer``.

    Raises:
        ValueError: it asks of training what is not done here: penalties, limits of its variables, losses of its own.
    """

    def __init__(
        self,
        cls: type[Any],
        options: dict[str, Any],
        shape: tuple[int, ...],
        dtype: str,
        seed: int,
    ):
        import keras

        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"Keras computes with {keras.backend.backend()} here (allowed: tensorflow); unset KERAS_BACKEND"
            )
        self.keras, self.dtype = keras, dtype
        with _seeded(keras, seed), self._types(), _in_few_words():
            self.layer = cls(**options)
            self.layer(keras.KerasTensor((ROWS, *shape), dtype))
        self.trained = self.layer.trainable_variables
        self.variables = [*self.trained, *self.layer.non_trainable_variables]
        self._check()
        self.kept, names = self._attributes(), unique(v.name for v in self.variables)
        self.weights: Sequence[Weight] = [
            Weight(name, v.numpy(), i < len(self.trained), SEED in name)
            for i, (name, v) in enumerate(zip(names, self.variables, strict=True))
        ]

    def call(
        self, values: Sequence[tf.Tensor], u: tf.Tensor, training: bool
    ) -> tuple[Any, list[tf.Tensor]]:
        mapping = list(zip(self.variables, values, strict=True))
        with (
            self._types(),
            _in_few_words(),
            self.keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope,
        ):
            y = self.layer(u, training=training)
        self._check_attributes()
        if scope.losses:
            raise ValueError("it adds a loss, and the only penalty here is l2 of a recipe")
        if len(scope.state_mapping) > len(mapping):
            raise ValueError(
                "it changes a variable that it does not own; random numbers need a keras.random.SeedGenerator as an "
                "attribute, and state needs self.add_weight"
            )
        return y, [tf.convert_to_tensor(scope.get_current_value(v)) for v in self.variables]

    def _check(self) -> None:
        asked = {
            "regularizer": [v.name for v in self.variables if getattr(v, "regularizer", None)],
            "constraint": [v.name for v in self.variables if getattr(v, "constraint", None)],
            "activity_regularizer": ["it"] if self.layer.activity_regularizer else [],
        }
        for what, names in asked.items():
            if names:
                raise ValueError(f"{names[0]} has a {what}, which is not applied here; drop it")

    def _attributes(self) -> dict[str, list[side_effects.Held]]:
        return side_effects.attributes(
            ((each.name, each) for each in self.layer._flatten_layers()), LOSSES
        )

    def _check_attributes(self) -> None:
        """Compare the attributes of the layer and of its parts with those after the call before."""
        before, self.kept = self.kept, self._attributes()
        if changed := side_effects.changed(before, self.kept):
            raise ValueError(
                f"it keeps a value of a step as its attribute {changed[0]}; make that state by self.add_weight"
            )

    @contextmanager
    def _types(self) -> Iterator[None]:
        """Let Keras compute in the type of the network."""
        config = self.keras.config
        policy, floats = config.dtype_policy(), config.floatx()
        config.set_floatx(self.dtype)
        config.set_dtype_policy(self.dtype)
        try:
            yield
        finally:
            config.set_floatx(floats)
            config.set_dtype_policy(policy)


@contextmanager
def _in_few_words() -> Iterator[None]:
    """Let an error of Keras say what is wrong alone, without calls, arguments and colours."""
    try:
        yield
    except Exception as error:
        text = re.sub(r"\x1b\[\d*m", "", str(error)).rpartition("Error encountered:\n\n")[2]
        text = re.sub(r"^Exception encountered when calling .*?\n\n", "", text)
        error.args = (text.partition("\n\nArguments received by")[0],)
        raise


@contextmanager
def _seeded(keras: Any, seed: int) -> Iterator[None]:
    """Let Keras draw first values by a seed, and leave the random numbers of Python and NumPy as they were."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  (what Keras seeds)
    keras.utils.set_random_seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


class KerasLayer(Adapter):
    """A layer of Keras as a normalizer."""

    library, built = "Keras", Built
