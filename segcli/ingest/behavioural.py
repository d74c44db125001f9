"""Columns of a customer file that count purchases or sum money, known by words in their names: NumWebPurchases."""

from collections.abc import Iterable

from segcli.ingest.speaking import match_words


def find_purchase_columns(header: Iterable[str]) -> list[str]:
    """The names that speak of spending or of purchases, by the word lists of every language.

    >>> find_purchase_columns(["MntWines", "sales_2023", "Anzahl Bestellungen", "last order", "Kidhome"])
    ['MntWines', 'sales_2023', 'Anzahl Bestellungen']
    """
    return match_words(header, "behaviour")
