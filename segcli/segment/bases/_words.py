"""Words that describe customers, compared without letter case and surrounding blanks."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from segcli.model import Customers

WordArray = npt.NDArray[np.object_]

COUPLE_STATUSES = ("married", "together", "cohabiting", "partnered", "civil partnership", "in a relationship")


def read_words(customers: Customers, name: str) -> WordArray:
    """Return a column's texts in lower case without surrounding blanks; empty if missing or without such a column."""
    if name not in customers.table:
        return np.full(len(customers.table), "", dtype=object)
    word_array: WordArray = (
        customers.table[name].astype("str").fillna("").str.strip().str.casefold().to_numpy(dtype=object)
    )
    return word_array


def classify_words(
    texts: WordArray, classes: Mapping[str, Sequence[str]], otherwise: str
) -> tuple[WordArray, list[str]]:
    """Return the class of each text, and the sorted texts that belong to no class; blanks belong to no class."""
    class_by_word = {word.casefold(): name for name, class_words in classes.items() for word in class_words}
    labels = np.array([class_by_word.get(text, otherwise) for text in texts], dtype=object)
    return labels, sorted({str(text) for text in texts if text and text not in class_by_word})
