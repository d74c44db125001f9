"""Build a typed table from a file with one row per customer: attributes, survey answers, or output of segcli."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.arrow import is_sorted
from segcli.columns import ColumnKind
from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.ingest import dates, number_parsing, text_columns
from segcli.ingest.column_matching import ColumnMapping
from segcli.ingest.customer_keys import suggest_unique_key
from segcli.ingest.parser import RawTable
from segcli.ingest.sentinels import find_sentinels
from segcli.ingest.survey_layouts import is_test_status
from segcli.parallel import map_ordered

NUMBER_KINDS = (ColumnKind.NUMBER, ColumnKind.MONEY, ColumnKind.COUNT, ColumnKind.DAYS, ColumnKind.CONTENT)
SEGCLI_COLUMNS = {*columns.MEASURES, *columns.SCORE_COLUMNS}  # columns that segcli writes in full precision
MAX_UNREADABLE_RATIO = 0.5
APOSTROPHE_NUMBER = r"'[+0-9].*"
MAX_SCALE_LABELS = 11  # points of a scale from 0 to 10
LABELED_ANSWER = r"^(-?[0-9]{1,3})\s*(?:[-\x{2013}\x{2014}:\x{FF1A}=.)]|\()\s*\pL.*$"  # 10 - Extremely likely
WHOLE_NUMBER = r"^([-+]?[0-9]{1,15})?$"
NUMERIC_CODE = r"^([-+]?0[0-9]|[-+]?[0-9]{16})"


IdNormaliser = Callable[[pd.Series], pd.Series]


def find_numeric_columns(mapping: ColumnMapping) -> list[str]:
    """Return the file's names of the columns that segcli writes as numbers, such as 9 or 9.0."""
    numeric_standards = {
        standard
        for standard in SEGCLI_COLUMNS
        if columns.column_kind(standard) in {ColumnKind.COUNT, ColumnKind.DAYS, ColumnKind.MONEY}
    }
    return [name for standard, name in mapping.columns.items() if standard in numeric_standards]


def require_customer_id(raw_table: RawTable, mapping: ColumnMapping, advice: str) -> None:
    """Reject a table without a customer id.

    Args:
        raw_table: the file as text.
        mapping: standard columns of the file.
        advice: hint on the columns of orders, if the file may hold orders with unknown names.

    Raises:
        InputProblem: with the header.
    """
    if columns.CUSTOMER_ID not in mapping.columns:
        raise InputProblem(
            f"no column recognised as customer_id; available: {', '.join(raw_table.header)}",
            source=raw_table.name,
            line=1,
            remedy=f"{suggest_unique_key(raw_table)}{advice or 'choose the column with --map customer_id=NAME'}; "
            "if each row is a customer without an id, number them with --set ingest.transactions.row_ids=true",
        )


def build_customer_table(
    raw_table: RawTable, mapping: ColumnMapping, source: Source, normalise_ids: IdNormaliser, status_column: str = ""
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Build a table sorted by customer_id; recognised columns get standard names, others keep their names.

    Args:
        raw_table: the file as text.
        mapping: standard columns of the file.
        source: format of the values.
        normalise_ids: function from written customer ids to normalised ids.
        status_column: column that marks test responses of a survey; blank if there is none.

    Returns:
        The table, and notes on excluded rows and unreadable values.

    Raises:
        InputProblem: if two rows of one customer differ.
    """
    standard_by_name = {name: standard_name for standard_name, name in mapping.columns.items()}
    target_names = {name: standard_by_name.get(name, name) for name in raw_table.columns}
    table, notes = pd.DataFrame(index=pd.RangeIndex(raw_table.rows)), []  # a later index would be looked up row by row
    parsed_columns = map_ordered(
        lambda name: _parse_column(raw_table.columns[name], target_names[name], source, normalise_ids), target_names
    )
    for name, (values, note) in zip(target_names.values(), parsed_columns, strict=True):
        table[name] = values
        notes += [note] * bool(note)
    if status_column:
        table, status_notes = _drop_test_responses(table, target_names[status_column])
        notes += status_notes
    return _deduplicate_rows(table, raw_table, notes)


def parse_by_content(texts: pa.ChunkedArray, source: Source) -> pd.Series:
    """Parse a column of unknown meaning: as numbers if all values are, otherwise as text with blanks missing."""
    return _parse_number_column(pc.utf8_trim_whitespace(texts), "", ColumnKind.CONTENT, source)[0]


def _drop_test_responses(table: pd.DataFrame, status_column: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the table without previews and tests of a survey, and a note on their number by status."""
    statuses = table[status_column].astype("str").fillna("")
    counts = {status: int(count) for status, count in statuses[statuses.map(is_test_status)].value_counts().items()}
    if not counts:
        return table, []
    ignored_count = sum(counts.values())
    by_status = ", ".join(f"{status} {count:,}" for status, count in sorted(counts.items()))
    ignored_text = pluralize(ignored_count, "test response ignored", "test responses ignored")
    kept_count = len(table) - ignored_count
    note = (
        f"{ignored_text} ({status_column}: {by_status}): "
        f"{len(table):,} rows = kept {kept_count:,} + ignored {ignored_count:,}"
    )
    return table[~statuses.map(is_test_status)], [note]


def _parse_column(
    texts: pa.ChunkedArray, name: str, source: Source, normalise_ids: IdNormaliser
) -> tuple[pd.Series, str]:
    """Parse a column by the kind of its standard name, or else by its values; return values and a note."""
    if name == columns.CUSTOMER_ID:
        return normalise_ids(pd.Series(texts.to_pandas(), dtype="str")), ""
    kind = columns.column_kind(name)
    if pa.types.is_floating(texts.type):
        return _convert_float_column(texts, kind), ""
    stripped_texts = pc.utf8_trim_whitespace(texts)
    if kind is ColumnKind.DATE:
        return _parse_date_column(stripped_texts, name, source)
    if kind in NUMBER_KINDS:
        return _parse_number_column(stripped_texts, name, kind, source)
    if kind is ColumnKind.ID:
        return _parse_code(stripped_texts, name)
    return _to_text_series(stripped_texts), ""


def _parse_code(texts: pa.ChunkedArray, name: str) -> tuple[pd.Series, str]:
    """Parse postcodes or phone numbers: strip a leading apostrophe, which spreadsheets use to mark digits as text."""
    values = _to_text_series(texts)
    apostrophe_count = int(values.str.fullmatch(APOSTROPHE_NUMBER).fillna(value=False).sum())
    without_apostrophes = (
        values.where(~values.str.fullmatch(APOSTROPHE_NUMBER).fillna(value=False), values.str[1:])
        if apostrophe_count
        else values
    )
    apostrophe_note = (
        f"column '{name}': {pluralize(apostrophe_count, 'value')} with a leading apostrophe, which is removed"
    )
    return without_apostrophes, apostrophe_note if apostrophe_count else ""


def _to_text_series(texts: pa.ChunkedArray) -> pd.Series:
    values = pd.Series(texts.to_pandas(), dtype="str")
    return values.mask(values == "")


def _parse_date_column(texts: pa.ChunkedArray, name: str, source: Source) -> tuple[pd.Series, str]:
    try:
        parsed_dates = dates.read_dates(texts, source)
    except ValueError as error:
        return _to_text_series(texts), f"column '{name}' stays text: {error}"
    days = pd.Series(parsed_dates.values.astype("datetime64[D]").astype("datetime64[s]"))
    return days, _describe_unreadable(int(parsed_dates.unreadable.sum()), name, "a date")


def _parse_number_column(texts: pa.ChunkedArray, name: str, kind: ColumnKind, source: Source) -> tuple[pd.Series, str]:
    """Parse a column as numbers; a column of unknown kind with any other text stays text."""
    if kind is ColumnKind.CONTENT and _is_numeric_code(texts):
        return _to_text_series(texts), ""
    texts, label_count = _strip_answer_labels(texts)
    try:
        parsed_numbers = number_parsing.read_numbers(texts, source, exponents=name in SEGCLI_COLUMNS)
    except ValueError as error:
        return _to_text_series(texts), f"column '{name}' stays text: {error}"
    unreadable_share = float(parsed_numbers.unreadable.mean()) if len(parsed_numbers.values) else 0.0
    is_unknown_kind = kind is ColumnKind.CONTENT
    if (is_unknown_kind and parsed_numbers.missing.all()) or unreadable_share > (
        0 if is_unknown_kind else MAX_UNREADABLE_RATIO
    ):
        return _to_text_series(texts), ""
    sentinel_note = ""
    if name not in SEGCLI_COLUMNS and kind is not ColumnKind.MONEY:
        parsed_numbers, sentinel_note = _drop_sentinels(parsed_numbers, name)
    values = pd.Series(parsed_numbers.values)
    filled_numbers = parsed_numbers.values[~parsed_numbers.missing]
    is_count = kind in {ColumnKind.COUNT, ColumnKind.DAYS} and _are_integers(filled_numbers)  # 9.0 orders are 9
    if is_count or (kind is not ColumnKind.MONEY and _are_integer_texts(texts)):
        whole_values = values.astype("Int64" if parsed_numbers.missing.any() else "int64")
        return whole_values, sentinel_note or _describe_labels(label_count, name)
    unreadable_note = _describe_unreadable(int(parsed_numbers.unreadable.sum()), name, "a number")
    return values, unreadable_note or sentinel_note or _describe_labels(label_count, name)


def _drop_sentinels(
    parsed_numbers: number_parsing.ParsedNumbers, name: str
) -> tuple[number_parsing.ParsedNumbers, str]:
    """Return numbers with sentinels such as 999 as missing, and a note on them."""
    sentinels = find_sentinels(np.where(parsed_numbers.missing, np.nan, parsed_numbers.values))
    if not sentinels:
        return parsed_numbers, ""
    is_sentinel = np.isin(parsed_numbers.values, sentinels) & ~parsed_numbers.missing
    values = np.where(is_sentinel, np.nan, parsed_numbers.values)
    others = values[~(parsed_numbers.missing | is_sentinel)]
    written = " and ".join(f"{sentinel:.0f}" for sentinel in sentinels)
    note = (
        f"column '{name}': {pluralize(int(is_sentinel.sum()), 'value')} of {written} beside "
        f"{others.min():.0f} to {others.max():.0f} count as missing"
    )
    return replace(parsed_numbers, values=values, missing=parsed_numbers.missing | is_sentinel), note


def _strip_answer_labels(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """Convert answers such as `10 - Extremely likely` to their numbers; return the texts and the number of labels.

    All answers must begin with a number; usually only the ends of a scale have labels.
    """
    if not len(texts) or not pc.any(pc.match_substring_regex(texts, LABELED_ANSWER)).as_py():
        return texts, 0
    has_label = pc.match_substring_regex(texts, LABELED_ANSWER)
    plain_numbers = pc.match_substring_regex(texts, r"^(-?[0-9]+)?$")
    is_scale = pc.all(pc.or_(has_label, plain_numbers)).as_py()
    if not is_scale or len(pc.unique(texts.filter(has_label))) > MAX_SCALE_LABELS:
        return texts, 0
    return pc.replace_substring_regex(texts, LABELED_ANSWER, r"\1"), int(pc.sum(has_label).as_py())


def _describe_labels(label_count: int, name: str) -> str:
    answers = pluralize(label_count, "answer with a label after its number", "answers with a label after the number")
    return f"column '{name}': {answers}; only the number is used" if label_count else ""


def _convert_float_column(column: pa.ChunkedArray, kind: ColumnKind) -> pd.Series:
    """Convert a float column; counts become integers if all values are whole, as in `_parse_number_column`."""
    if kind is ColumnKind.MONEY:
        return pd.Series(column.to_numpy())
    try:
        counts = pc.cast(column, pa.int64())
    except pa.ArrowInvalid:  # a value has a fraction
        return pd.Series(column.to_numpy())
    if not column.null_count:
        return pd.Series(counts.to_numpy())
    missing = pc.is_null(column).to_numpy()
    return pd.Series(pd.arrays.IntegerArray(pc.fill_null(counts, 1).to_numpy(), missing))


def _are_integers(floats: npt.NDArray[np.float64]) -> bool:
    return bool(np.isfinite(floats).all() and (np.floor(floats) == floats).all())


def _are_integer_texts(texts: pa.ChunkedArray) -> bool:
    quick_answer = text_columns.are_whole_numbers(texts)
    return bool(pc.all(pc.match_substring_regex(texts, WHOLE_NUMBER)).as_py()) if quick_answer is None else quick_answer


def _is_numeric_code(texts: pa.ChunkedArray) -> bool:
    """Return whether digits are codes, such as 007 or ids longer than a number can hold, which parsing would damage."""
    return bool(pc.any(pc.match_substring_regex(texts, NUMERIC_CODE)).as_py())


def _describe_unreadable(count: int, name: str, value_kind: str) -> str:
    sentence = pluralize(
        count,
        f"value is not {value_kind} and counts as missing",
        f"values are not {value_kind} and count as missing",
    )
    return f"column '{name}': {sentence}" if count else ""


def _deduplicate_rows(
    table: pd.DataFrame, raw_table: RawTable, notes: list[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if is_sorted(table[columns.CUSTOMER_ID]) and (table.empty or table[columns.CUSTOMER_ID].iloc[0] != ""):
        return table.reset_index(drop=True), tuple(
            notes
        )  # as in tables that segcli writes: no rows to drop, no sorting needed
    is_blank = table[columns.CUSTOMER_ID] == ""
    if is_blank.any():
        notes.append(
            pluralize(int(is_blank.sum()), "row without a customer id skipped", "rows without a customer id skipped")
        )
    is_duplicate = table[columns.CUSTOMER_ID].duplicated()
    if is_duplicate.any():
        is_repeat = table.duplicated()
        if (is_repeat & ~is_blank).any():
            count = int((is_repeat & ~is_blank).sum())
            notes.append(pluralize(count, "exact duplicate row skipped", "exact duplicate rows skipped"))
        table = table[~is_blank & ~is_repeat]
        _require_unique_ids(table[columns.CUSTOMER_ID], raw_table)
    elif is_blank.any():
        table = table[~is_blank]
    return table.sort_values(columns.CUSTOMER_ID, ignore_index=True), tuple(notes)


def _require_unique_ids(ids: pd.Series, raw_table: RawTable) -> None:
    is_duplicate = ids.duplicated()
    if is_duplicate.any():
        raise InputProblem(
            "another row of this customer has different values",
            source=raw_table.name,
            line=raw_table.line_number(int(is_duplicate.index[is_duplicate][0])),
            remedy="keep one row per customer; if these are orders, name their date: --map order_date=NAME",
        )


def infer_as_of(table: pd.DataFrame) -> date | None:
    """Infer the as-of day from last order and recency; None if the table does not determine it."""
    if (
        not {columns.LAST_ORDER, columns.RECENCY_DAYS} <= set(table.columns)
        or table[columns.LAST_ORDER].dtype.kind != "M"
    ):
        return None
    complete_rows = table[[columns.LAST_ORDER, columns.RECENCY_DAYS]].dropna()
    days = complete_rows[columns.LAST_ORDER] + pd.to_timedelta(complete_rows[columns.RECENCY_DAYS], unit="D")
    common_day: date | None = days.iloc[0].date() if not days.empty and (days == days.iloc[0]).all() else None
    return common_day
