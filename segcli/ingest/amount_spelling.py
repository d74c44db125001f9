"""How one amount is written: its sign, its currency, and the digits between."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from segcli.config import yaml

NUMBER_SIGNS = {"-": True, "\u2212": True, "\u2013": True, "+": False}
LEDGER_MARKS = {"cr": True, "dr": False}  # credit and debit behind an amount, as ledgers write them
_OPTIONAL_SPACE = "[ \u00a0\u202f\t]*"
_TEXT_APOSTROPHE = re.compile(r"^'(?=[-+(\u2212]|[0-9.,]+$)")  # spreadsheets hide it: the cell is text
_EMPTY_DECIMALS = re.compile(r"(?<=[0-9])[.,](?:-{1,2}|[\u2013\u2014])(?=[^0-9]*$)")  # 49.- and 49,-- have no cents
_CURRENCY_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class AmountSpelling:
    """An amount taken apart: `digits` with group and decimal marks, whether it is negative, and its currency.

    `currency` is an ISO 4217 code, the mark itself where it is none that is known, or empty.
    """

    digits: str
    negative: bool = False
    currency: str = ""

    @property
    def digits_with_sign(self) -> str:
        """The amount without its currency, with a minus in front if it is negative."""
        return f"-{self.digits}" if self.negative else self.digits


def split_amount(amount: str) -> AmountSpelling:
    """Take an amount apart. What cannot be taken apart is returned whole as digits, which are then no number.

    >>> [split_amount(text).digits_with_sign for text in ("-€1.234,50", "40.00 Cr", "Rs. 1,23,456")]
    ['-1.234,50', '-40.00', '1,23,456']
    >>> [split_amount(text).digits_with_sign for text in ('49.-', 'CHF 1200.--', '49,- €', '49.00-')]
    ['49', '1200', '49', '-49.00']
    >>> split_amount("EUR(63.12)"), split_amount("'-75.63").digits_with_sign
    (AmountSpelling(digits='63.12', negative=True, currency='EUR'), '-75.63')
    """
    match = _amount_pattern().fullmatch(_TEXT_APOSTROPHE.sub("", _EMPTY_DECIMALS.sub("", amount.strip()), count=1))
    if match is None:
        return AmountSpelling(amount)
    signs = [match[name] for name in ("sign_1", "sign_2", "sign_3", "sign_4", "sign_5") if match[name]]
    is_bracketed = bool(match["open"])
    currencies = [match[name] for name in ("currency_1", "currency_2", "currency_3", "currency_4") if match[name]]
    if (
        len(signs) > 1
        or (signs and is_bracketed)
        or is_bracketed != bool(match["close"])
        or len(set(map(_currency_code, currencies))) > 1
    ):
        return AmountSpelling(amount)
    ledger = match["ledger"]
    is_negative = (
        is_bracketed or (bool(signs) and NUMBER_SIGNS[signs[0]]) or (bool(ledger) and LEDGER_MARKS[ledger.lower()])
    )
    digits = match["digits"].strip()
    keeps_plus = signs == ["+"] and not currencies  # a plain +7 stays as it is written
    return AmountSpelling(
        f"+{digits}" if keeps_plus else digits, is_negative, _currency_code(currencies[0]) if currencies else ""
    )


def is_currency(value: str) -> bool:
    """Tell whether a text is the code or the mark of a known currency, and nothing else."""
    return value in _load_currency_codes() or (value.upper() in _load_currency_codes().values())


def _currency_code(symbol: str) -> str:
    return _load_currency_codes().get(symbol, symbol)


@cache
def _load_currency_codes() -> Mapping[str, str]:
    """Return the currency code of each mark."""
    text = resources.files("segcli.ingest").joinpath("currencies.yaml").read_text(encoding="utf-8")
    return {symbol: code for code, symbols in yaml.load_text_values(text).items() for symbol in symbols}


@cache
def _amount_pattern() -> re.Pattern[str]:
    symbols = "|".join(re.escape(symbol) for symbol in sorted(_load_currency_codes(), key=len, reverse=True))
    currency = rf"(?:{symbols}|{_CURRENCY_CODE.pattern})"
    sign = f"[{re.escape(''.join(NUMBER_SIGNS))}]"
    groups = [
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
    return re.compile(_OPTIONAL_SPACE.join(groups))
