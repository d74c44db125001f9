"""Currencies in the names of columns of money, such as `Total (EUR)`, `amount_usd` and `Betrag in CHF`."""

import re
import unicodedata
from functools import cache

from segcli.ingest.number_parsing import currency_code, list_currency_symbols

_PREPOSITIONS = ("in", "en", "em", "i", "v", "w", "u", "\u0432", "\u0443")  # Umsatz in EUR, Importe en EUR


def split_currency_name(name: str) -> tuple[str, str] | None:
    """Return the name without the currency at its end, and the code of this currency; None if there is none.

    >>> [split_currency_name(name) for name in ("Total (EUR)", "amount_usd", "Umsatz in CHF", "Valor R$", "Euro")]
    [('Total', 'EUR'), ('amount', 'USD'), ('Umsatz', 'CHF'), ('Valor', 'BRL'), None]
    """
    match = _currency_pattern().fullmatch(unicodedata.normalize("NFKC", name).strip())
    if match is None:
        return None
    symbol = next(filter(None, match.group("bracket", "word", "mark")))
    code = currency_code(symbol)
    return match["base"], currency_code(symbol.upper()) if code == symbol else code  # usd is USD


@cache
def _currency_pattern() -> re.Pattern[str]:
    """Return a pattern of names that end with a currency: in brackets, as a word of its own, or a mark such as $."""
    symbols = sorted(
        {unicodedata.normalize("NFKC", symbol) for symbol in list_currency_symbols()}, key=len, reverse=True
    )
    words = [symbol for symbol in symbols if len(symbol) > 1 or not symbol.isascii()]
    words += [symbol.lower() for symbol in symbols if re.fullmatch("[A-Z]{3}", symbol)]
    marks = [symbol for symbol in symbols if symbol == "$" or (len(symbol) == 1 and not symbol.isascii())]
    bracket, word, mark = ("|".join(map(re.escape, texts)) for texts in ([*symbols, *words], words, marks))
    preposition = f"(?:[\\s_](?:{'|'.join(_PREPOSITIONS)}))?"
    return re.compile(
        rf"(?P<base>.+?){preposition}"
        rf"(?:[\s_]*[(\[](?P<bracket>{bracket})[)\]]|[\s_,/-]+(?P<word>{word})|\s*(?P<mark>{mark}))"
    )
