"""What scores say of themselves, in words: edges, and scores that nobody has."""

from collections.abc import Iterator, Sequence

import numpy as np

from segcli.segment.dimensions import RfmDimension
from segcli.segment.scores import ALL_CUSTOMERS_PARENT, RfmScores


def describe_scores(dimensions: Sequence[RfmDimension], customer_scores: RfmScores) -> Iterator[str]:
    """Edges, customers per score, and for each dimension with empty scores the reason."""
    edges = [
        _format_edges(dimension, customer_scores)
        for dimension in dimensions
        if ALL_CUSTOMERS_PARENT in customer_scores.cuts[dimension.letter]
    ]
    nested_note = "" if len(edges) == len(dimensions) else "; nested inside the score before"
    yield f"scores: {', '.join(edges)}{nested_note}"
    count_texts = (
        f"{dimension.name} {'|'.join(map(str, customer_scores.count_scores(dimension.letter)))}"
        for dimension in dimensions
    )
    yield f"customers per score, lowest first: {', '.join(count_texts)}"
    for dimension in dimensions:
        counts = customer_scores.count_scores(dimension.letter)
        empty_scores = [str(score) for score, count in enumerate(counts, 1) if count == 0]
        if empty_scores and ALL_CUSTOMERS_PARENT in customer_scores.cuts[dimension.letter]:
            noun = "score" if len(empty_scores) == 1 else "scores"
            yield (
                f"{noun} {', '.join(empty_scores)} of {dimension.name} "
                f"{'is' if len(empty_scores) == 1 else 'are'} empty: {_describe_commonest(dimension)}"
            )


def _format_edges(dimension: RfmDimension, customer_scores: RfmScores) -> str:
    bin_edges = customer_scores.cuts[dimension.letter][ALL_CUSTOMERS_PARENT]
    if not bin_edges.edges:
        return f"{dimension.name} no edges"
    unit = " d" if dimension.low_is_best else ""
    return f"{dimension.name} edges {'|'.join(_format_short(edge) for edge in bin_edges.edges)}{unit}"


def _describe_commonest(dimension: RfmDimension) -> str:
    """The value that most customers share, which is what leaves scores empty."""
    values, counts = np.unique(dimension.values, return_counts=True)
    commonest = int(counts.argmax())
    share = counts[commonest] / counts.sum()
    if dimension.letter == "f":
        common_value = float(values[commonest])
        description = "bought once" if common_value == 1 else f"have {_format_short(common_value)} orders"
    else:
        description = f"have the same {dimension.name} ({_format_short(float(values[commonest]))})"
    return f"{share:.0%} {description}"


def _format_short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.4g}"  # noqa: PLR2004 - display
