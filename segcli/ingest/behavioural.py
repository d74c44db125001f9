"""Columns of a customer file that count purchases or sum money, known by words in their names: NumWebPurchases."""

from collections.abc import Iterable

from segcli.ingest.speaking import speaking


def behavioural(names: Iterable[str]) -> list[str]:
    """The names that speak of spending or of purchases, by the word lists of every language.

    >>> behavioural(["MntWines", "sales_2023", "Anzahl Bestellungen", "last order", "Kidhome"])
    ['MntWines', 'sales_2023', 'Anzahl Bestellungen']
    """
    return speaking(names, "behaviour")
