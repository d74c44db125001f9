"""What customer ids say about themselves: damage by spreadsheets, people behind one id, one person behind several."""

import re
from collections.abc import Iterator

import pandas as pd

DOMINANT = 0.1  # share of lines from which one id is suspected to stand for many people
ENOUGH = 20  # customers below which one of them may well have a tenth of the lines
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+[0-9]{2}")
_FLOAT = re.compile(r"[0-9]+\.0")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def notes(lines_per_id: pd.Series) -> Iterator[str]:
    """What is worth knowing about the ids.

    Args:
        lines_per_id: order lines by customer id.

    Yields:
        Sentences with counts; ids themselves only where one stands for a tenth of the lines.
    """
    ids = lines_per_id.index.to_series().astype("str")
    alike = int(ids.str.casefold().duplicated(keep=False).sum())
    if alike:
        yield f"{alike:,} customer ids differ from another only by case; ingest.id_case: upper makes them one"
    rounded = _matching(ids, _ROUNDED)
    if rounded:
        yield f"{rounded:,} customer ids look like 1.23457E+11: a spreadsheet rounded them; export again without it"
    floats = ids[ids.map(lambda text: bool(_FLOAT.fullmatch(text)))]
    twins = int(floats.str.removesuffix(".0").isin(ids).sum())
    if twins:
        yield f"{twins:,} customer ids stand with and without .0 behind; they are kept apart"
    mails = _matching(ids, _MAIL)
    if mails * 2 > len(ids):
        yield "customer ids are e-mail addresses: results name people; keep them accordingly"
    yield from _dominant(lines_per_id)


def _dominant(lines_per_id: pd.Series) -> Iterator[str]:
    share = float(lines_per_id.max() / lines_per_id.sum())
    if share >= DOMINANT and len(lines_per_id) >= ENOUGH:
        name = str(lines_per_id.idxmax())
        yield f"customer '{name}' has {share:.0%} of all lines; an id that many share belongs in ingest.exclude_ids"


def _matching(ids: pd.Series, pattern: re.Pattern[str]) -> int:
    return int(ids.map(lambda text: bool(pattern.fullmatch(text))).sum())
