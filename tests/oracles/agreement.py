"""How far two groupings of the same things agree, by counting pairs (Hubert and Arabie 1985)."""

from collections import Counter
from collections.abc import Sequence
from math import comb


def adjusted_rand(one: Sequence[object], other: Sequence[object]) -> float:
    """Adjusted Rand index: 1 for the same grouping under any names, about 0 for chance."""
    both = sum(comb(n, 2) for n in Counter(zip(one, other, strict=True)).values())
    first = sum(comb(n, 2) for n in Counter(one).values())
    second = sum(comb(n, 2) for n in Counter(other).values())
    expected = first * second / comb(len(one), 2)
    most = (first + second) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)
