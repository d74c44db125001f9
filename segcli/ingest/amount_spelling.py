"""How one amount is written: its sign, its currency, and the digits between."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from segcli.config import yaml

SIGNS = {"-": True, "\u2212": True, "\u2013": True, "+": False}
LEDGER_MARKS = {"cr": True, "dr": False}  # credit and debit behind an amount, as ledgers write them
_GAP = "[ \u00a0\u202f\t]*"
_APOSTROPHE = re.compile(r"^'(?=[-+(\u2212]|[0-9.,]+$)")  # spreadsheets hide it: the cell is text
_NO_CENTS = re.compile(r"(?<=[0-9])[.,](?:-{1,2}|[\u2013\u2014])(?=[^0-9]*$)")  # 49.- and 49,-- have no cents
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class AmountSpelling:
    """An amount taken apart: `digits` with group and decimal marks, whether it is negative, and its currency.

    `currency` is an ISO 4217 code, the mark itself where it is none that is known, or empty.
    """

    digits: str
    negative: bool = False
    currency: str = ""

    @property
    def text(self) -> str:
        """The amount without its currency, with a minus in front if it is negative."""
        return f"-{self.digits}" if self.negative else self.digits


def split_amount(text: str) -> AmountSpelling:
    """Take an amount apart. What cannot be taken apart is returned whole as digits, which are then no number.

    >>> split_amount("-€1.234,50").text, split_amount("40.00 Cr").text, split_amount("Rs. 1,23,456").digits
    ('-1.234,50', '-40.00', '1,23,456')
    >>> [split_amount(text).text for text in ('49.-', 'CHF 1200.--', '49,- €', '49.00-')]
    ['49', '1200', '49', '-49.00']
    >>> split_amount("EUR(63.12)"), split_amount("'-75.63").text
    (AmountSpelling(digits='63.12', negative=True, currency='EUR'), '-75.63')
    """
    match = _pattern().fullmatch(_APOSTROPHE.sub("", _NO_CENTS.sub("", text.strip()), count=1))
    if match is None:
        return AmountSpelling(text)
    signs = [match[name] for name in ("sign_1", "sign_2", "sign_3", "sign_4", "sign_5") if match[name]]
    bracketed = bool(match["open"])
    marks = [match[name] for name in ("currency_1", "currency_2", "currency_3", "currency_4") if match[name]]
    if len(signs) > 1 or (signs and bracketed) or bracketed != bool(match["close"]) or len(set(map(_code, marks))) > 1:
        return AmountSpelling(text)
    ledger = match["ledger"]
    negative = bracketed or (bool(signs) and SIGNS[signs[0]]) or (bool(ledger) and LEDGER_MARKS[ledger.lower()])
    digits = match["digits"].strip()
    keeps_plus = signs == ["+"] and not marks  # a plain +7 stays as it is written
    return AmountSpelling(f"+{digits}" if keeps_plus else digits, negative, _code(marks[0]) if marks else "")


def is_currency(text: str) -> bool:
    """Tell whether a text is the code or the mark of a known currency, and nothing else."""
    return text in _codes() or (text.upper() in _codes().values())


def _code(mark: str) -> str:
    return _codes().get(mark, mark)


@cache
def _codes() -> Mapping[str, str]:
    """Return the currency code of each mark."""
    text = resources.files("segcli.ingest").joinpath("currencies.yaml").read_text(encoding="utf-8")
    return {mark: code for code, marks in yaml.strings(text).items() for mark in marks}


@cache
def _pattern() -> re.Pattern[str]:
    known = "|".join(re.escape(mark) for mark in sorted(_codes(), key=len, reverse=True))
    currency = rf"(?:{known}|{_CODE.pattern})"
    sign = f"[{re.escape(''.join(SIGNS))}]"
    parts = [
        f"(?P<sign_1>{sign})?",
        f"(?P<currency_1>{currency})?",
        f"(?P<sign_2>{sign})?",
        r"(?P<open>\()?",
        f"(?P<sign_3>{sign})?",
        f"(?P<currency_2>{currency})?",
        f"(?P<sign_4>{sign})?",
        "(?P<digits>[0-9.,][0-9 ,.'\u00a0\u202f\u2019]*)",
        f"(?P<currency_3>{currency})?",
        r"(?P<close>\))?",
        f"(?P<currency_4>{currency})?",
        "(?P<sign_5>[-\u2212])?",
        r"(?P<ledger>(?i:cr|dr))?\.?",
    ]
    return re.compile(_GAP.join(parts))
