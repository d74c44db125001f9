"""Experience: the sentiment of a customer's feedback, as somebody coded it; no text is read for it."""

from dataclasses import replace

import pandas as pd
from pydantic import Field

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided, _answers, banded, column, with_unknown
from segcli.segment.experience import SENTIMENTS

SOURCE = "counts of a coded column; net sentiment = 100 (positive - negative) / coded, with the interval of an NPS"
NEEDS = c.SENTIMENT
ADDS = ()
ORDER = tuple(SENTIMENTS)
NO_CODE = 9.0  # off the scale, for words that mean nothing here


class Options(_answers.Options):
    """What codes mean, and for whom the score is told."""

    codes: dict[str, float] = Field(
        default_factory=lambda: dict(SENTIMENTS), description="-1, 0 or 1 for each word, whatever its case."
    )


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's sentiment; words that are no code are reported and unknown."""
    words = {word.casefold(): code for word, code in options.codes.items()}
    values = column(customers, c.SENTIMENT)
    if not pd.api.types.is_numeric_dtype(values):
        texts = values.astype("str").str.strip().str.casefold()
        coded = texts.map({**dict.fromkeys(texts.dropna().unique(), NO_CODE), **words})
        customers = replace(customers, table=customers.table.assign(**{c.SENTIMENT: coded}))
    answers, warnings = _answers.answered(customers, "sentiment")
    labels = banded(answers[:, 0], [0, 1], ORDER)
    notes, tables = _answers.told(customers, "sentiment", options)
    return Decided(labels, with_unknown(ORDER, labels), notes, warnings, tables=tables)
