"""The library behind the workflow: what normalization does to the training of neural networks.

Folders by what they know, each importing only those before it: ``study`` (what a study says), ``data``,
``networks``, ``training``, ``probes``; ``analysis`` and ``page`` (what experiments share), ``experiments``.
"""

__version__ = "0.1.0"
