"""The kept lines of an order export, for who asks for them: of a file in pieces they are read only then."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from segcli import columns as c
from segcli.customers import whole
from segcli.customers.asked import Asked
from segcli.files.parts import parts
from segcli.ingest.money import Scales
from segcli.ingest.opening import Opened, opened
from segcli.ingest.transactions import duplicates, judged, kept


def kept_lines(files: Sequence[Opened], asked: Asked, there: pd.DataFrame | None, day: date) -> pd.DataFrame:
    """The kept lines of all files up to a day, without returns of people who bought nothing.

    Args:
        files: of the export.
        asked: policies, and what else the lines must tell.
        there: kept lines of a file that was read whole, if it is the only one.
        day: the as-of day.
    """
    if there is None:
        tables = [_read(part, asked, day) for file in files for part in _parts(file)]
        there = tables[0] if len(tables) == 1 else _chained(tables)
    else:
        there = there[there[c.ORDER_DATE].to_numpy().astype("datetime64[D]") <= np.datetime64(day)]
    buyers = there.loc[~there[c.IS_RETURN], c.CUSTOMER_ID].unique()
    table = there[~there[c.IS_RETURN] | there[c.CUSTOMER_ID].isin(buyers)]
    return table.assign(**{c.CUSTOMER_ID: table[c.CUSTOMER_ID].cat.remove_unused_categories()}).reset_index(drop=True)


def _read(file: Opened, asked: Asked, day: date) -> pd.DataFrame:
    _, given = whole.read(file, asked)
    lines, fates = judged(given, asked.settings, day, asked.privacy, Scales())
    duplicates(given.export, fates, given.counted, asked.settings)
    return kept(given.export, lines, fates.kept, (*whole.CARRIED_ALWAYS, *asked.contacts))


def _parts(file: Opened) -> Sequence[Opened]:
    """The files themselves, where one that an engine read stands for several."""
    paths = parts(file.content.name)
    if len(paths) == 1:
        return [file]
    return [whole.like(file, opened(file.asked.model_copy(update={"path": path}))) for path in paths]


def _chained(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other, texts still told by one numbering."""
    joined = pd.concat(tables, ignore_index=True).fillna({c.REFUNDED: 0})
    texts = [str(name) for name in tables[0] if isinstance(tables[0][name].dtype, pd.CategoricalDtype)]
    return joined.assign(**{name: union_categoricals([_as_text(one[name]) for one in tables]) for name in texts})


def _as_text(column: pd.Series) -> pd.Categorical:
    """The column with its categories as texts, which those of an empty one are not."""
    return pd.Categorical.from_codes(column.cat.codes, pd.Index(column.cat.categories, dtype="str"))
