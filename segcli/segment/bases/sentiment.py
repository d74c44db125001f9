"""Experience: sentiment of a customer's feedback, from a coded column. segcli does not analyse text."""

from dataclasses import replace

import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.model import Customers
from segcli.segment.bases import BaseResult, _answers, append_unknown, assign_bands, require_column
from segcli.segment.experience_metrics import SENTIMENT_CODES

SOURCE = "counts of a coded column; net sentiment = 100 (positive - negative) / coded, with the interval of an NPS"
NEEDS = columns.SENTIMENT
ADDS = ()
ORDER = tuple(SENTIMENT_CODES)
UNKNOWN_CODE = 9.0  # off the scale, for words without a code


class Options(_answers.Options):
    """Codes of sentiment words, and segmentations for scores by segment."""

    codes: dict[str, float] = Field(
        default_factory=lambda: dict(SENTIMENT_CODES),
        description="Code of each word: -1, 0 or 1. Letter case is ignored.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's sentiment. Words without a code are reported and unknown."""
    code_by_word = {word.casefold(): code for word, code in options.codes.items()}
    values = require_column(customers, columns.SENTIMENT)
    if not pd.api.types.is_numeric_dtype(values):
        texts = values.astype("str").str.strip().str.casefold()
        sentiment_codes = texts.map({**dict.fromkeys(texts.dropna().unique(), UNKNOWN_CODE), **code_by_word})
        customers = replace(customers, table=customers.table.assign(**{columns.SENTIMENT: sentiment_codes}))
    answers, warnings = _answers.read_valid_answers(customers, "sentiment")
    labels = assign_bands(answers[:, 0], [0, 1], ORDER)
    notes, tables = _answers.report_score(customers, "sentiment", options)
    return BaseResult(labels, append_unknown(ORDER, labels), notes, warnings, tables=tables)
