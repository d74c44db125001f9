"""Lifecycle: coded reason why a customer cancelled, in plain classes. segcli does not interpret free text."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli.config.section import Section
from segcli.customers.event_kinds import list_role_words
from segcli.errors import InputProblem
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.column_topics import find_longest_word
from segcli.ingest.locales import LANGUAGES, load_language
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, _column_values, _events, append_unknown

CLASSES = ("price", "competitor", "product", "service", "no need", "circumstances", "payment")
OTHER_REASON, NO_REASON = "other", "none"
SOURCE = (
    f"classes {', '.join(CLASSES)} (payments that failed) and {OTHER_REASON}, by words in fifteen languages, such as "
    "the feedback codes of Stripe; or by your codes"
)
NEEDS = "a table of ingest.events with reason, and end if it has one; or a column of the customer table"
ADDS = ("churn_reason_text",)

Texts = npt.NDArray[np.object_]


class Options(Section):
    """Table and column of the reasons, and their classes."""

    table: str | None = Field(
        "subscriptions",
        description="Table of ingest.events with cancellations. null, or a table that is not declared: a column of the "
        "customer table.",
    )
    column: str | None = Field(
        None, description="Column of the reasons. Default: reason, or a common name in the customer table."
    )
    codes: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Reasons of your classes, for example {price: [P1, P2]}. They precede the words that segcli knows.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the class of the last cancellation's reason. Customers without a cancellation are none.

    Only subscriptions that have ended count. Reasons that no class has are other, and a note lists them.
    """
    if options.table in customers.events:
        texts, has_cancelled = _read_cancellations(customers, str(options.table), options.column or "reason")
    else:
        texts = _read_column(customers, options)
        has_cancelled = np.ones(len(texts), dtype=bool)
    class_by_text = {text: _classify_reason(str(text), options) for text in np.unique(texts[texts != ""].astype(str))}
    labels = np.array([class_by_text.get(text, UNKNOWN) or OTHER_REASON for text in texts], dtype=object)
    labels[~has_cancelled] = NO_REASON
    unclassified = sorted(text for text, name in class_by_text.items() if not name)
    note = message("reasons without a class: {names}; add them to the option codes", names=", ".join(unclassified))
    order = [*dict.fromkeys((*options.codes, *CLASSES, OTHER_REASON, NO_REASON))]
    scores = pd.DataFrame({ADDS[0]: pd.Series(texts, dtype="str").where(texts != "")}).set_axis(customers.table.index)
    return BaseResult(
        labels,
        append_unknown([name for name in order if (labels == name).any()], labels),
        (note,) * bool(unclassified),
        scores=scores,
    )


def _read_cancellations(customers: Customers, table: str, column: str) -> tuple[Texts, npt.NDArray[np.bool_]]:
    """Return the reason of each customer's last cancellation, blank if unknown, and whether they cancelled."""
    rows = _events.select_events(customers, "churn_reason", table, column)
    ends = rows.times_before_horizon("end") if "end" in rows.table else rows.times
    cancellations = pd.DataFrame(
        {"customer": rows.positions, "end": ends, "text": _events.read_texts(rows, column).to_numpy()}
    ).dropna(subset="end")
    last = cancellations.sort_values(["end", "text"]).drop_duplicates("customer", keep="last")
    texts, has_cancelled = np.full(rows.customer_count, "", dtype=object), np.zeros(rows.customer_count, dtype=bool)
    texts[last["customer"]], has_cancelled[last["customer"]] = last["text"], True
    return texts, has_cancelled


def _read_column(customers: Customers, options: Options) -> Texts:
    """Return the reasons in the customer table, blank if missing.

    Raises:
        InputProblem: the table has no such column.
    """
    name = _column_values.match_column(customers, options.column or list_role_words("reason"))
    if name is None:
        raise InputProblem(
            f"no column of reasons; available: {', '.join(customers.table.columns)}",
            source=customers.input_reports[0].input.name,
            remedy="read the cancellations with --set ingest.events."
            f"{options.table or 'subscriptions'}.path=FILE, or set the option column",
        )
    values = customers.table[name]
    texts: Texts = values.astype("str").where(values.notna(), "").str.strip().to_numpy(dtype=object)
    return texts


def _classify_reason(text: str, options: Options) -> str:
    """Return the class of a reason: the user's, or that of the longest known word in the text; blank without one."""
    for name, codes in options.codes.items():
        if normalise_name(text) in map(normalise_name, codes):
            return name
    matches = {name: find_longest_word(text, _list_words(name)) for name in (*CLASSES, OTHER_REASON)}
    best = max(matches, key=lambda name: len(matches[name]))
    return best if matches[best] else ""


def _list_words(name: str) -> list[str]:
    return [word for language in LANGUAGES for word in load_language(language).get("churn_reasons", {}).get(name, ())]
