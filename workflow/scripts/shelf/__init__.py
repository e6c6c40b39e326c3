"""The shelf: cards of the layers that frameworks ship, and an index that compares them line by line.

``cards/shelf.yaml`` lists the layers. `python -m shelf` measures those that have no card yet and writes the index.
"""
