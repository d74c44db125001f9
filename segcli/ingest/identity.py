"""What customer ids say about themselves: damage by spreadsheets, people behind one id, one person behind several."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import pandas as pd

from segcli.ingest.languages import words

INVISIBLE = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})  # Unicode categories

DOMINANT = 0.1  # share of lines from which one id is suspected to stand for many people
MOST = 0.5
ENOUGH = 20  # customers below which one of them may well have a tenth of the lines
_ROUNDED = r"[0-9](\.[0-9]+)?[Ee]\+[0-9]{2}"
_FLOAT = r"[0-9]+\.0"
_MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"


def unified(text: str) -> str:
    r"""An id in one Unicode form, without blanks and invisible characters at its ends.

    >>> unified(" 007 "), unified("\u200bJose\u0301\u00a0") == "Jos\u00e9"
    ('007', True)
    """
    if text.isascii():
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    visible = [place for place, mark in enumerate(composed) if unicodedata.category(mark) not in INVISIBLE]
    return composed[visible[0] : visible[-1] + 1] if visible else ""


def cased(text: str, id_case: str) -> str:
    """An id in the case the policy asks for."""
    if id_case == "keep":
        return text
    return text.upper() if id_case == "upper" else text.lower()


def whole(text: str, id_decimals: str) -> str:
    """An id without the decimals it got as a number, if the policy drops them.

    >>> whole("12345.0", "drop"), whole("12345.0", "keep"), whole("1.50", "drop")
    ('12345', '12345.0', '1.50')
    """
    return text.removesuffix(".0") if id_decimals == "drop" and re.fullmatch(_FLOAT, text) else text


def rewritten(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """A note on the ids that changed by more than plain blanks."""
    count = sum(old.strip(" \t") != new for old, new in zip(before, after, strict=True))
    if count:
        were = "customer id was" if count == 1 else "customer ids were"
        yield f"{count:,} {were} written with invisible characters or in another Unicode form; now as the others"


def notes(lines_per_id: pd.Series, *, told: bool = True) -> Iterator[str]:
    """What is worth knowing about the ids.

    Args:
        lines_per_id: order lines by customer id.
        told: whether ids may be named.

    Yields:
        Sentences with counts; ids themselves only where one stands for a tenth of the lines.
    """
    ids = lines_per_id.index.to_series().astype("str")
    alike = int(ids.str.casefold().duplicated(keep=False).sum())
    if alike:
        yield f"{alike:,} customer ids differ from another only by case; ingest.id_case: upper makes them one"
    rounded = int(ids.str.fullmatch(_ROUNDED).sum())
    if rounded:
        yield f"{rounded:,} customer ids look like 1.23457E+11: a spreadsheet rounded them; export again without it"
    floats = ids[ids.str.fullmatch(_FLOAT)]
    twins = int(floats.str.removesuffix(".0").isin(ids).sum()) if len(floats) else 0
    if twins:
        yield f"{twins:,} customer ids stand with and without .0 behind; ingest.id_decimals: drop makes them one"
    if ids.str.fullmatch(_MAIL).mean() > MOST:
        yield "customer ids are e-mail addresses, so results name people; privacy.pseudonymise gives them pseudonyms"
    yield from _dominant(lines_per_id, told=told)
    yield from _nobody(lines_per_id)


def _nobody(lines_per_id: pd.Series) -> Iterator[str]:
    """Ids that programs write where there is no customer; they may be customers all the same."""
    nobody = {word.casefold() for word in words("nobody")}
    found = sorted(name for name in map(str, lines_per_id.index) if name.casefold() in nobody)
    if found:
        names = ", ".join(f"{name} ({int(lines_per_id[name]):,} lines)" for name in found)
        yield f"ids that can mean nobody: {names}; ingest.exclude_ids leaves them out"


def _dominant(lines_per_id: pd.Series, *, told: bool) -> Iterator[str]:
    share = float(lines_per_id.max() / lines_per_id.sum())
    if share >= DOMINANT and len(lines_per_id) >= ENOUGH:
        name = f"customer '{lines_per_id.idxmax()}'" if told else "one customer"
        yield f"{name} has {share:.0%} of all lines; an id that many share belongs in ingest.exclude_ids"
