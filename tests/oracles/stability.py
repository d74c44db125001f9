"""Stability measures again: by pairs and sets, slow, and without segcli or numpy."""

from collections.abc import Sequence
from math import log


def jaccards(labels: Sequence[int], other: Sequence[int]) -> list[float]:
    """The largest Jaccard index of each group with any group of another labelling."""

    def groups(of: Sequence[int]) -> list[set[int]]:
        return [{row for row, group in enumerate(of) if group == wanted} for wanted in sorted(set(of))]

    return [max(len(one & two) / len(one | two) for two in groups(other)) for one in groups(labels)]


def slsa(parents: Sequence[int], labels: Sequence[int]) -> list[float]:
    """1 - H / ln(number of parents) of each group's members over the parents."""
    found, several = [], len(set(parents))
    for group in sorted(set(labels)):
        from_parents = [parent for parent, label in zip(parents, labels, strict=True) if label == group]
        shares = [from_parents.count(parent) / len(from_parents) for parent in set(from_parents)]
        found.append(1 + sum(share * log(share) for share in shares) / log(several) if several > 1 else 1.0)
    return found


def lloyd(rows: Sequence[Sequence[float]], centres: list[list[float]]) -> list[int]:
    """k-means from given centres until nothing moves: the group of each row."""

    def nearest(row: Sequence[float]) -> int:
        apart = [sum((x - y) ** 2 for x, y in zip(row, centre, strict=True)) for centre in centres]
        return apart.index(min(apart))

    labels: list[int] = []
    while True:
        again = [nearest(row) for row in rows]
        if again == labels:
            return labels
        labels = again
        for group in range(len(centres)):
            members = [row for row, label in zip(rows, labels, strict=True) if label == group]
            if members:
                centres[group] = [sum(values) / len(members) for values in zip(*members, strict=True)]
