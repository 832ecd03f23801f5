"""River's half-space trees as arrays: all trees of a batch are walked at once, level by level."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scorers import arithmetic
from models.scorers.base import Vector

TREES = 10
HEIGHT = 8
_SEED = 1
_PADDING = 0.15
Nodes = NDArray[np.intp]


class Trees:
    """All trees in one numbering: on level L the nodes of tree t are ``t * 2**L`` and on, the children of node k are
    ``2 * k`` (below the threshold) and ``2 * k + 1``.

    ``columns[L]``, ``thresholds[L]``: of each node of level L, the input that it splits on, and where.
    """

    def __init__(self, columns: list[Nodes], thresholds: list[Vector]) -> None:
        self.columns, self.thresholds = columns, thresholds
        # Plain lists are quicker for one event.
        self.plain: list[tuple[list[int], list[float]]] = [
            (one.tolist(), other.tolist()) for one, other in zip(columns, thresholds, strict=True)
        ]

    @property
    def leaves(self) -> int:
        return TREES << HEIGHT

    def leaves_of(self, scaled: Vector) -> Nodes:
        """``scaled``: shape (d inputs, n events), contiguous. Shape (trees, n)."""
        return self.levels_of(scaled)[-1]

    def levels_of(self, scaled: Vector) -> list[Nodes]:
        """The nodes that the events pass, level by level, the root's first; each of shape (trees, n)."""
        events = np.arange(scaled.shape[1])
        flat = scaled.ravel()
        nodes = [np.repeat(np.arange(TREES)[:, None], len(events), axis=1)]
        for columns, thresholds in zip(self.columns, self.thresholds, strict=True):
            at = nodes[-1]
            values = flat[(columns * len(events))[at] + events]
            nodes.append(2 * at + (values >= thresholds[at]))
        return nodes

    def packed(self) -> list[tuple[arithmetic.Packed, arithmetic.Packed]]:
        pairs = zip(self.columns, self.thresholds, strict=True)
        return [(arithmetic.packed(columns), arithmetic.packed(thresholds)) for columns, thresholds in pairs]

    @classmethod
    def unpacked(cls, packed: list[tuple[arithmetic.Packed, arithmetic.Packed]]) -> Trees:
        return cls([arithmetic.unpacked(one) for one, _ in packed], [arithmetic.unpacked(one) for _, one in packed])


class Masses:
    """How many events of a full window ended in each leaf, and the score that River's walk to it sums up."""

    def __init__(self, leaves: NDArray[np.int64], limit: float) -> None:
        self.leaves = leaves
        self._levels = [leaves]
        for _ in range(HEIGHT):
            self._levels.insert(0, self._levels[0].reshape(-1, 2).sum(axis=1))
        scores, going = self._levels[0], self._levels[0] >= limit
        for level in range(1, HEIGHT + 1):
            # A walk stops at the first node with fewer events than the limit.
            scores = np.repeat(scores, 2) + np.where(np.repeat(going, 2), self._levels[level] * 2**level, 0)
            going = np.repeat(going, 2) & (self._levels[level] >= limit)
        self.scores = scores
        self._plain: list[int] = scores.tolist()

    def walked(self, trees: Trees, scaled: list[float]) -> int:
        """The sum over all trees for one event."""
        total = 0
        for tree in range(TREES):
            node = tree
            for columns, thresholds in trees.plain:
                node = 2 * node + (scaled[columns[node]] >= thresholds[node])
            total += self._plain[node]
        return total

    def moved(self, trees: Trees, scaled: Vector) -> Vector:
        """By input and event: how far the splits on it took the expected sum from the roots' to the leaves'."""
        expected = [self.scores.astype(np.float64)]
        for masses in reversed(self._levels[1:]):
            pairs, weights = expected[0].reshape(-1, 2), masses.reshape(-1, 2)
            # Where no event of the window came by, both ways are as likely.
            shares = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, 1)
            expected.insert(0, (pairs * shares).sum(axis=1) / shares.sum(axis=1))
        nodes = trees.levels_of(scaled)
        found = np.zeros_like(scaled)
        events = np.broadcast_to(np.arange(scaled.shape[1]), nodes[0].shape)
        for level in range(HEIGHT):
            change = expected[level + 1][nodes[level + 1]] - expected[level][nodes[level]]
            np.add.at(found, (trees.columns[level][nodes[level]], events), change)
        return found


@lru_cache(maxsize=64)
def grown(inputs: tuple[str, ...]) -> Trees:
    """The trees that River grows for these inputs: by its own code, from the same random numbers.

    Its trees take a second to import: whoever only reads a checkpoint has no need of them.
    """
    from river.tree.padded import make_padded_tree

    # Only where trees begin: it takes a second to load, which no process that serves them needs.

    rng, at = random.Random(_SEED), {name: column for column, name in enumerate(inputs)}
    levels: list[list[Any]] = [
        [
            make_padded_tree(dict.fromkeys(sorted(inputs), (0.0, 1.0)), HEIGHT, _PADDING, rng, r_mass=0, l_mass=0)
            for _ in range(TREES)
        ]
    ]
    for _ in range(HEIGHT - 1):
        levels.append([child for node in levels[-1] for child in node.children])
    return Trees(
        [np.array([at[node.feature] for node in level], dtype=np.intp) for level in levels],
        [np.array([node.threshold for node in level]) for level in levels],
    )
