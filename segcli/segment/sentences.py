"""What scores say of themselves, in words: edges, and scores that nobody has."""

from collections.abc import Iterator, Sequence

import numpy as np

from segcli.segment.dimensions import Dimension
from segcli.segment.scores import WHOLE, Scored


def score_notes(measured: Sequence[Dimension], scored: Scored) -> Iterator[str]:
    """Edges, customers per score, and for each dimension with empty scores the reason."""
    edges = [_edges(d, scored) for d in measured if WHOLE in scored.cuts[d.letter]]
    nested = "" if len(edges) == len(measured) else "; nested inside the score before"
    yield f"scores: {', '.join(edges)}{nested}"
    counted = (f"{d.name} {'|'.join(map(str, scored.counts(d.letter)))}" for d in measured)
    yield f"customers per score, lowest first: {', '.join(counted)}"
    for d in measured:
        counts = scored.counts(d.letter)
        empty = [str(s) for s, count in enumerate(counts, 1) if count == 0]
        if empty and WHOLE in scored.cuts[d.letter]:
            noun = "score" if len(empty) == 1 else "scores"
            yield f"{noun} {', '.join(empty)} of {d.name} {'is' if len(empty) == 1 else 'are'} empty: {_most(d)}"


def _edges(dimension: Dimension, scored: Scored) -> str:
    cut = scored.cuts[dimension.letter][WHOLE]
    if not cut.edges:
        return f"{dimension.name} no edges"
    unit = " d" if dimension.low_is_best else ""
    return f"{dimension.name} edges {'|'.join(_short(edge) for edge in cut.edges)}{unit}"


def _most(dimension: Dimension) -> str:
    """The value that most customers share, which is what leaves scores empty."""
    values, counts = np.unique(dimension.values, return_counts=True)
    most = int(counts.argmax())
    share = counts[most] / counts.sum()
    if dimension.letter == "f":
        value = float(values[most])
        what = "bought once" if value == 1 else f"have {_short(value)} orders"
    else:
        what = f"have the same {dimension.name} ({_short(float(values[most]))})"
    return f"{share:.0%} {what}"


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.4g}"  # noqa: PLR2004 - display
