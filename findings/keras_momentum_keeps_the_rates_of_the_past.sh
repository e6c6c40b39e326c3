#!/usr/bin/env bash
# One expects: with momentum, a learning rate that falls to a tenth makes the next step about a tenth as long. The same
#   SGD with momentum 0.9 takes the same steps in every library.
# What happens: Keras multiplies each gradient by the rate before it enters the velocity, Optax multiplies the velocity
#   by the rate after it. While the rate stays the steps are equal. After rates 1, 1 and 0.1 and gradients of 1 the
#   third step is 1.81 in Keras and 0.271 in Optax. In Keras a fall of the rate takes some ten steps to arrive.
# Versions: keras 3.15.1 on jax 0.10.2, optax 0.2.8, Python 3.11 to 3.13. Source: keras/src/optimizers/sgd.py,
#   update_step (momentum·m − rate·gradient); optax's sgd is trace followed by scale_by_learning_rate.
# What to do: say which form a schedule was tuned for; the one is no port of the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 optax==0.2.8

KERAS_BACKEND=jax environment/bin/python - <<'PYTHON'
import keras
import numpy as np
import optax

RATES = (1.0, 1.0, 0.1)

variable = keras.Variable(np.zeros(1, "float32"))
optimizer = keras.optimizers.SGD(1.0, momentum=0.9)
optimizer.build([variable])
positions = [0.0]
for rate in RATES:
    optimizer.learning_rate = rate
    optimizer.apply([np.ones(1, "float32")])
    positions.append(float(variable.value[0]))
by_keras = [float(step) for step in -np.diff(positions)]

optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=1.0, momentum=0.9)
state = optimizer.init(np.zeros(1, "float32"))
by_optax = []
for rate in RATES:
    state.hyperparams["learning_rate"] = np.float32(rate)
    update, state = optimizer.update(np.ones(1, "float32"), state)
    by_optax.append(-float(update[0]))

for name, steps in (("Keras", by_keras), ("Optax", by_optax)):
    print(f"{name}: steps " + ", ".join(f"{step:.3f}" for step in steps))
np.testing.assert_allclose(by_keras, [1, 1.9, 1.81], rtol=1e-5)
np.testing.assert_allclose(by_optax, [1, 1.9, 0.271], rtol=1e-5)
PYTHON
