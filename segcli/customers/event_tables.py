"""Tables of events by name, each read when it is first used."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import pandas as pd

TableLoader = Callable[[], pd.DataFrame]


class EventTables(Mapping[str, pd.DataFrame]):
    """Tables of events: one row per event, with customer_id (categorical), time, and the columns of the file.

    Args:
        loaders: function that reads each table, by name.
    """

    def __init__(self, loaders: Mapping[str, TableLoader]) -> None:
        self._loaders = dict(loaders)
        self._tables: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table, and read it if this is its first use."""
        if name not in self._tables:
            self._tables[name] = self._loaders[name]()
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)

    def __len__(self) -> int:
        return len(self._loaders)


def transform_tables(
    tables: Mapping[str, pd.DataFrame], transform: Callable[[pd.DataFrame], pd.DataFrame]
) -> EventTables:
    """Return the tables with a function applied to each when it is first used."""

    def load(name: str) -> pd.DataFrame:
        return transform(tables[name])

    return EventTables({name: partial(load, name) for name in tables})
