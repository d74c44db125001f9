"""Columns of text -> values: plain texts by an expression, the others by segcli's readers, each distinct one once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segcli.config.ingest import IngestSettings, Source
from segcli.ingest import dates, identity, numbers
from segcli.ingest.doubt import Doubt

Expr = Any  # Narwhals' own types of expressions differ by version

TRIMMED = r"\A(?:[!-~]?|[!-~](?s:.*)[!-~])\z"  # begins and ends with what no trimming takes away
ID = r"\A(?:[{marks}]?|[{marks}][ {marks}]*[{marks}])\z"
MARKS = {"keep": "!-~", "upper": "!-`{-~", "lower": r"!-@\[-~"}  # of ids that the policy of case leaves as they are
FLOAT = r"\A[0-9]+\.0\z"
POINT, COMMA = r"\A-?[0-9]{1,15}(?:\.[0-9]{1,15})?\z", r"\A-?[0-9]{1,15}(?:,[0-9]{1,15})?\z"
PADDED = r"\A[0-9./-]{10}"  # a day in ten characters, whatever their order
TIMES = {
    **dict.fromkeys((" %H:%M:%S", "T%H:%M:%S"), r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\z"),
    **dict.fromkeys((" %H:%M", "T%H:%M"), r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\z"),
}


@dataclass(frozen=True, eq=False)
class Column:
    """A new column, made of a column of text.

    `key` is the text; where it is `plain`, the value is `value`; of other texts, `read` tells the values (null: none).
    """

    name: str
    key: Expr
    plain: Expr
    value: Expr
    read: Callable[[pa.StringArray], pa.Array]


def customer(name: str, field: str, settings: IngestSettings) -> Column:
    """Customer ids as `identity` has them."""
    key = nw.col(field)
    plain = key.str.contains(ID.replace("{marks}", MARKS[settings.id_case]))
    if settings.id_decimals == "drop":
        plain &= ~key.str.contains(FLOAT)
    return Column(name, key, plain, key, partial(_ids, settings=settings))


def text(name: str, field: str) -> Column:
    """Text without blanks at its ends."""
    key = nw.col(field)
    return Column(name, key, key.str.contains(TRIMMED), key, pc.utf8_trim_whitespace)


def upper(name: str, field: str) -> Column:
    """The same in capitals."""
    key = nw.col(field)
    plain = key.str.contains(r"\A[A-Z]*\z")
    return Column(name, key, plain, key, lambda texts: pc.utf8_upper(pc.utf8_trim_whitespace(texts)))


def listed(name: str, field: str, is_listed: Callable[[str], bool]) -> Column:
    """Whether a text, without blanks at its ends, is one of those meant; an empty one is not."""
    key = nw.col(field)

    def read(texts: pa.StringArray) -> pa.Array:
        return pa.array([is_listed(one) for one in pc.utf8_trim_whitespace(texts).to_pylist()], pa.bool_())

    return Column(name, key, key == "", nw.lit(False), read)


def number(name: str, field: str, source: Source, blank: float) -> Column:
    """Numbers with the decimal mark that the source says; `blank` where nothing is written."""
    key = nw.col(field)
    plain = key.str.contains(COMMA if source.decimal == "," else POINT)
    written = nw.when(plain).then(key)  # no engine ever casts what is no number
    if source.decimal == ",":
        written = written.str.replace_all(",", ".", literal=True)

    def read(texts: pa.StringArray) -> pa.Array:
        found = numbers.parse(pa.chunked_array([texts]), source.decimal)
        return pa.array(np.where(found.missing, blank, found.values), from_pandas=True)

    return Column(name, key, plain, written.cast(nw.Float64), read)


def day(name: str, field: str, source: Source) -> Column:
    """Days since 1970; times of day that any clock shows are taken for one, so that few distinct texts are left."""
    key, form = nw.col(field), source.date_format or ""
    ending = next((time for time in TIMES if form.endswith(time)), None)
    if ending:
        midnight = ending.replace("%H", "00").replace("%M", "00").replace("%S", "00")
        has_time = key.str.contains(PADDED + ending[0] + TIMES[ending])
        key = nw.when(has_time).then(nw.concat_str(key.str.head(10), nw.lit(midnight))).otherwise(key)
    nothing = nw.lit(None).cast(nw.Int32)
    return Column(name, key, key.is_null(), nothing, partial(_days, source=source))


def _ids(texts: pa.StringArray, settings: IngestSettings) -> pa.Array:
    unified = (identity.unified(one) for one in texts.to_pylist())
    whole = (identity.whole(one, settings.id_decimals) for one in unified)
    return pa.array([identity.cased(one, settings.id_case) for one in whole], pa.string())


def _days(texts: pa.StringArray, source: Source) -> pa.Array:
    try:
        times = dates.of(pa.chunked_array([texts]), source).values
    except ValueError:
        raise Doubt from None
    return pa.array(times.astype("datetime64[D]")).cast(pa.date32()).cast(pa.int32())
