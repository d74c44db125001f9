"""An order export of one file or of several: each read in pieces or whole, all of them added up."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import pandas as pd
from pandas.api.types import union_categoricals

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.config.quality import ColumnRule
from segcli.customers import engined, engines, streamed
from segcli.customers.settled import settled
from segcli.customers.state import State, kept_in
from segcli.customers.tallied import Tallied
from segcli.customers.tally import tally
from segcli.errors import InputProblem, UsageProblem
from segcli.files.parts import parts
from segcli.ingest import money, quality, rejects
from segcli.ingest.doubt import Doubt
from segcli.ingest.export import Export
from segcli.ingest.opening import Opened, opened
from segcli.ingest.per_order import PerOrder, per_order
from segcli.ingest.pieces import Understood
from segcli.ingest.transactions import CARRIED, duplicates, judged, kept
from segcli.ingest.void import status_columns
from segcli.model import Customers, Verdict


@dataclass(frozen=True)
class Also:
    """What else lines are read for: rules by column, and `email` or `phone`, by which other files find customers."""

    rules: Mapping[str, ColumnRule]
    contacts: Sequence[str]


@dataclass(frozen=True)
class Asked:
    """What is asked of order exports: policies, privacy, what else lines are read for, the as-of day if given.

    `state` is what was read of them before, where that is kept.
    """

    settings: IngestSettings
    privacy: PrivacySettings
    also: Also
    as_of: date | None
    state: State | None = None

    @property
    def told(self) -> bool:
        """Whether customers may be named."""
        return not self.privacy.secret


def together(files: Sequence[Opened], asked: Asked) -> Customers:
    """The customers of several files that are one export; errors as of `bought`."""
    _refuse_differing(files)
    if asked.privacy.retention_days is not None and asked.as_of is None:
        raise UsageProblem("privacy.retention over several files needs the day it is counted to: give --as-of")
    with kept_in(asked.settings, asked.also.contacts) as state:
        read = [_known(file, replace(asked, state=state)) for file in files]
    verdicts = tuple(verdict for _, judged in read for verdict in judged)
    found = [one for one, _ in read]
    lines = partial(kept_lines, files, asked)
    return replace(settled(found, asked.settings, asked.as_of, lines, told=asked.told), verdicts=verdicts)


def added_up(file: Opened, asked: Asked) -> Tallied:
    """A file of which the head is known, piece by piece or by an engine.

    Raises:
        Doubt: it is to be read whole.
    """
    own = asked.settings.engine in {engines.PANDAS, engines.AUTO}
    add_up = streamed.tallied if own else engined.tallied
    return add_up(file, _columns(file), asked.settings, asked.privacy, asked.as_of)


def whole_export(main: Opened, settings: IngestSettings, rules: Mapping[str, ColumnRule]) -> Export:
    """The needed columns and those that rules are about; all of them where whole lines are compared."""
    ruled = [quality.column_of(name, main.recognition, main.header) for name in rules]
    wanted = None if settings.dedupe == "lines" else [*_columns(main), *ruled]
    return Export(main.content, main.cells(wanted), main.recognition, main.source, main.preset, main.advice)


def kept_lines(files: Sequence[Opened], asked: Asked, day: date) -> pd.DataFrame:
    """The kept lines of all files up to a day, without returns of people who bought nothing."""
    tables = []
    for file in (part for given in files for part in _parts(given)):
        whole = _whole(file, asked)
        lines, fates = judged(whole, asked.settings, day, asked.privacy, money.FINEST)
        duplicates(whole.export, fates, whole.counted, asked.settings)
        tables.append(kept(whole.export, lines, fates.kept, (c.ORDER_ID, *CARRIED, *asked.also.contacts)))
    table = tables[0] if len(tables) == 1 else _chained(tables)
    buyers = table.loc[~table[c.IS_RETURN], c.CUSTOMER_ID].unique()
    table = table[~table[c.IS_RETURN] | table[c.CUSTOMER_ID].isin(buyers)]
    return table.assign(**{c.CUSTOMER_ID: table[c.CUSTOMER_ID].cat.remove_unused_categories()}).reset_index(drop=True)


def _parts(file: Opened) -> Sequence[Opened]:
    """The files themselves, where one that an engine read stands for several."""
    paths = parts(file.content.name)
    if len(paths) == 1:
        return [file]
    return [_like(file, opened(file.asked.model_copy(update={"path": path}))) for path in paths]


def _like(file: Opened, other: Opened) -> Opened:
    """Another file without the columns that are not read of this one."""
    return other.without(set(other.recognition.columns) - set(file.recognition.columns))


def _chained(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other, texts still told by one numbering."""
    joined = pd.concat(tables, ignore_index=True).fillna({c.REFUNDED: 0})
    texts = [str(name) for name in tables[0] if isinstance(tables[0][name].dtype, pd.CategoricalDtype)]
    return joined.assign(**{name: union_categoricals([_as_text(one[name]) for one in tables]) for name in texts})


def _as_text(column: pd.Series) -> pd.Categorical:
    """The column with its categories as texts, which those of an empty one are not."""
    return pd.Categorical.from_codes(column.cat.codes, pd.Index(column.cat.categories, dtype="str"))


def _known(file: Opened, asked: Asked) -> tuple[Tallied, Sequence[Verdict]]:
    """A file as it was read before, or read now, and then kept for the next time."""
    if asked.state is None:
        return _read(file, asked)
    first = None
    if asked.as_of is not None and asked.privacy.retention_days is not None:
        first = asked.as_of - timedelta(days=asked.privacy.retention_days)
    found, digest = asked.state.tally(file, asked.as_of, first)
    if found is None:
        everything = replace(asked, as_of=None, privacy=asked.privacy.model_copy(update={"retention": None}))
        asked.state.keep(_read(file, everything)[0], digest)
        found = asked.state.again(file, digest, asked.as_of, first)
    return (found, ()) if found else _read(file, asked)


def _read(file: Opened, asked: Asked) -> tuple[Tallied, Sequence[Verdict]]:
    """A file in pieces, or in doubt whole, and how its columns fare by their rules."""
    if file.content.is_head and not asked.also.rules:
        with contextlib.suppress(Doubt):
            return added_up(file, asked), ()
    whole = _whole(file, asked)
    lines, fates = judged(whole, asked.settings, asked.as_of, asked.privacy, money.FINEST)
    repeats = duplicates(whole.export, fates, whole.counted, asked.settings)
    part = tally(Understood(whole.export, lines, fates), asked.settings)
    assert part.runs is not None
    if 2 * part.highest * max(len(lines.money), 1) >= money.CAPACITY:
        raise InputProblem(
            "holds amounts too large to be added up over several files",
            source=file.content.name,
            remedy="Look for a mistaken decimal mark, and say which with --decimal",
        )
    told = rejects.listing(whole.export, fates, told=asked.told) if asked.settings.rejects else ()
    main = replace(file, content=whole.export.content)
    found = Tallied(
        main, lines.date_format, part.runs, ((replace(part, runs=None, repeated=0), 0),), (*whole.notes, *repeats), told
    )
    return found, tuple(quality.judge(whole.export.cells, file.recognition, file.source, asked.also.rules))


def _whole(file: Opened, asked: Asked) -> PerOrder:
    """A file with all its lines."""
    if file.content.is_head:
        again = opened(file.asked)
        file = replace(again, recognition=file.recognition)
    export = whole_export(file, asked.settings, asked.also.rules)
    export.require(c.CUSTOMER_ID, c.ORDER_DATE)
    return per_order(export)


def _columns(main: Opened) -> list[str]:
    """The recognised columns, and those that say what became of an order."""
    return [*main.recognition.columns.values(), *(main.source.void or status_columns(main.header))]


def _refuse_differing(files: Sequence[Opened]) -> None:
    first = files[0]
    for file in files:
        if not file.is_orders:
            raise InputProblem(
                "holds one row per customer; only order exports are read several at a time",
                source=file.content.name,
                remedy="Name it behind the orders: segcli ingest ORDERS FILE",
            )
        differing = set(first.recognition.columns) ^ set(file.recognition.columns)
        if differing:
            raise InputProblem(
                f"has not the columns of {first.content.name}: only one of them has {', '.join(sorted(differing))}",
                source=file.content.name,
                line=1,
                remedy="Give files of one export, or say which columns are which with --map",
            )
