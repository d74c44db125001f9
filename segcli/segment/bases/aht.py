"""Experience: length of customer contacts, by average handling time."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _answers, append_unknown, assign_bands

SOURCE = "average handling time = (talk + hold + wrap-up) / contacts; bands at thirds (type 7 quantiles) or given cuts"
NEEDS = f"{columns.TALK_SECONDS}, {columns.HOLD_SECONDS}, {columns.WRAP_SECONDS}, {columns.CONTACTS}"
ADDS = ("aht_seconds",)
ORDER = ("short", "usual", "long")


class Options(_answers.Options):
    """Edges of the bands, and segmentations for averages by segment."""

    cuts: list[float] | None = Field(
        None,
        min_length=2,
        max_length=2,
        description="Lower bounds of usual and long contacts, in seconds. Default: thirds.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer to a band by their average handling time. Customers without a contact are unknown."""
    answers, warnings = _answers.read_valid_answers(customers, "AHT")
    seconds = answers[:, :-1].sum(axis=1) / answers[:, -1]
    known_seconds = seconds[~np.isnan(seconds)]
    band_edges = (
        sorted(options.cuts)
        if options.cuts
        else (np.quantile(known_seconds, [1 / 3, 2 / 3]).tolist() if len(known_seconds) else [])
    )
    labels = assign_bands(seconds, band_edges, ORDER[: len(band_edges) + 1])
    notes, tables = _answers.report_score(customers, "AHT", options)
    extra_scores = customers.table[[]].assign(aht_seconds=seconds.round(3))
    bands = (
        message(
            "contact bands: usual from {usual:.0f} s and long from {long:.0f} s",
            usual=band_edges[0],
            long=band_edges[1],
        )
        if band_edges
        else message("no contacts")
    )
    return BaseResult(
        labels, append_unknown(ORDER, labels), (*notes, bands), warnings, scores=extra_scores, tables=tables
    )
