"""Layers of a user's, sound and broken, whose cards are measured."""

MINE = '''\
import keras
import tensorflow as tf

from bnlab.networks.normalizer import Normalizer


class Identity(Normalizer):
    def normalize(self, u, training):
        return tf.identity(u)


class Square(Normalizer):
    def normalize(self, u, training):
        return tf.square(u)


class Another(Normalizer):
    def normalize(self, u, training):
        return tf.reduce_mean(u, axis=-1, keepdims=True)


class Cut(Normalizer):
    def normalize(self, u, training):
        return tf.stop_gradient(u)


class Grows(keras.layers.Layer):
    """Adds a state that doubles."""

    def build(self, shape):
        self.total = self.add_weight(shape=shape[-1:], initializer="ones", trainable=False, name="total")

    def call(self, u, training=False):
        if training:
            self.total.assign(2 * self.total)
        return u + 0 * self.total


class Unbiased(keras.layers.Layer):
    """Divides by the unbiased deviation of the batch."""

    def call(self, u):
        m = keras.ops.shape(u)[0]
        square = keras.ops.sum(keras.ops.square(u - keras.ops.mean(u, axis=0)), axis=0)
        return (u - keras.ops.mean(u, axis=0)) / keras.ops.sqrt(square / keras.ops.cast(m - 1, u.dtype) + 1e-3)


class Refuses(Normalizer):
    def normalize(self, u, training):
        if u.shape[0] == 1:
            raise ValueError("more than one row is needed.")
        return tf.identity(u)


class Attribute(keras.layers.Layer):
    """Keeps the mean of a step as an attribute."""

    def call(self, u):
        self.kept = keras.ops.mean(u)
        return u - self.kept


class Mean(keras.layers.Layer):
    """Subtracts a moving average, of which a step replaces a share."""

    def __init__(self, momentum=0.1):
        super().__init__()
        self.momentum = momentum

    def build(self, shape):
        self.average = self.add_weight(shape=shape[-1:], initializer="zeros", trainable=False, name="average")

    def call(self, u, training=False):
        mean = keras.ops.mean(u, axis=0)
        if training:
            self.average.assign((1 - self.momentum) * self.average + self.momentum * mean)
        return u - (mean if training else self.average)


class OfImages(keras.layers.Layer):
    def call(self, u):
        return u - keras.ops.mean(u, axis=[1, 2, 3], keepdims=True)


class Counts(Normalizer):
    """Keeps the number of calls as an attribute."""

    def build(self):
        self.count = 0

    def normalize(self, u, training):
        self.count += 1
        return u / self.count


class Pair(Normalizer):
    def normalize(self, u, training):
        return u, u


class Half(Normalizer):
    def normalize(self, u, training):
        return tf.cast(u, "float16")


class Sign(keras.layers.Layer):
    def call(self, u):
        return keras.ops.sign(u)


class Length(Normalizer):
    def normalize(self, u, training):
        return u / tf.norm(u, axis=-1, keepdims=True)


class Log(keras.layers.Layer):
    def call(self, u):
        return keras.ops.log(u)
'''
