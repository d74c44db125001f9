"""Words that people are described by, compared without case and blanks at the ends."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from segcli.model import Customers

Words = npt.NDArray[np.object_]

COUPLE = ("married", "together", "cohabiting", "partnered", "civil partnership", "in a relationship")


def words(customers: Customers, name: str) -> Words:
    """A column's texts in one form, blank where there is none or no such column."""
    if name not in customers.table:
        return np.full(len(customers.table), "", dtype=object)
    found: Words = customers.table[name].astype("str").fillna("").str.strip().str.casefold().to_numpy(dtype=object)
    return found


def classed(texts: Words, classes: Mapping[str, Sequence[str]], otherwise: str) -> tuple[Words, list[str]]:
    """The class of each text, and the texts, sorted, that belong to none; blanks belong to none either."""
    of = {word.casefold(): name for name, listed in classes.items() for word in listed}
    labels = np.array([of.get(text, otherwise) for text in texts], dtype=object)
    return labels, sorted({str(text) for text in texts if text and text not in of})
