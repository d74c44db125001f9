"""Distinct texts and codes say what the column says, whatever form the texts are brought into."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.ingest.text_columns import EncodedColumn, dictionary_encode

TEXTS = st.lists(st.sampled_from(["", " ", "a", " a", "A", "b ", "ß", "b"]), max_size=12)


def column(texts: list[str]) -> EncodedColumn:
    half = len(texts) // 2
    return dictionary_encode(
        pa.chunked_array([pa.array(texts[:half], pa.string()), pa.array(texts[half:], pa.string())])
    )


def written(of: EncodedColumn) -> list[str]:
    return [of.value_at(row) for row in range(len(of.codes))]


@settings(deadline=None)
@given(TEXTS)
def test_every_row_has_its_text_and_no_text_is_there_twice(texts: list[str]) -> None:
    found = column(texts)
    assert written(found) == texts
    assert sorted(found.categories.to_pylist()) == sorted(set(texts))
    assert dictionary_encode(found) is found


@settings(deadline=None)
@given(TEXTS)
def test_texts_that_become_the_same_are_one(texts: list[str]) -> None:
    found = column(texts).without_outer_blanks.map_texts(pc.utf8_upper)
    expected = [text.strip().upper() if text.strip() != "ß" else "ẞ" for text in texts]
    assert [text.replace("SS", "ẞ") for text in written(found)] == expected
    assert len(set(found.categories.to_pylist())) == len(found.categories)


@settings(deadline=None)
@given(TEXTS)
def test_a_test_of_a_text_is_one_of_its_rows(texts: list[str]) -> None:
    blank = column(texts).row_mask(lambda distinct: pc.equal(distinct, ""))
    assert blank.tolist() == [text == "" for text in texts]


@settings(deadline=None)
@given(TEXTS, st.data())
def test_categories_are_the_texts_of_the_rows_that_are_kept(texts: list[str], draws: st.DataObject) -> None:
    keep = np.array(draws.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))), dtype=bool)
    found = column(texts).to_categorical(keep)
    kept = [text for text, stays in zip(texts, keep, strict=True) if stays]
    assert list(found) == kept
    assert sorted(found.categories if hasattr(found, "categories") else found.cat.categories) == sorted(set(kept))
