"""Order exports of which all lines are in memory: to aggregate them as one chunk, or to return the lines themselves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from segcli import columns
from segcli.customers.file_totals import FileTotals, merge_chunks
from segcli.customers.partial_totals import ChunkTotals, total_chunk
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import reading_limit
from segcli.errors import InputProblem
from segcli.ingest import money, quality, rejects
from segcli.ingest.chunk_schema import columns_to_read
from segcli.ingest.chunked import ParsedChunk
from segcli.ingest.customer_keys import suggest_customer_key
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.lines import Lines
from segcli.ingest.money import Scales
from segcli.ingest.opening import Opened, open_again
from segcli.ingest.per_order import PerOrder, per_order
from segcli.ingest.transactions import CARRIED, duplicates, judged, kept, leave_out_by_day

ALWAYS_KEPT = (columns.ORDER_ID, *CARRIED)  # columns of the kept lines


def total_whole_file(file: Opened, request: ReadRequest, number: int, *, alone: bool) -> tuple[FileTotals, ChunkTotals]:
    """Aggregate a file as one chunk.

    Args:
        file: an order export, or the first records of one.
        request: policies, and what else the lines are read for.
        number: of the file.
        alone: whether it is the only file. Then its lines are kept, its units of money may be coarser than those of
            files that are added to each other, and it decides the day that orders are too old by.

    Raises:
        InputProblem: a needed column is missing or cannot be read, or amounts are too large to be added up.
    """
    file, given = _read(file, request)
    export, settings = given.export, request.settings
    lines, fates = judged(given, settings, request.day_limits, None if alone else Scales())
    repeated = duplicates(export, fates, given.counted, settings)
    if alone and request.as_of is None:
        _leave_out_old(lines, fates, request)
    chunk = total_chunk(ParsedChunk(export, lines, fates, repeated=repeated), request, (number, 0))
    if file.may_start_order_ids_again and chunk.order_sample.starts_again:
        totals, again = total_whole_file(file.with_order_ids("daily"), request, number, alone=alone)
        return replace(totals, order_sample=chunk.order_sample), again
    _refuse_too_large(chunk.magnitude, lines, export)
    listing = rejects.listing(export, fates, told=request.may_name_customers) if settings.rejects else ()
    totals = replace(
        merge_chunks(file, lines.date_format, [chunk], has_money=lines.has_money),
        notes=given.notes,
        rejects=listing,
        verdicts=tuple(quality.judge(export.cells, file.recognition, file.source, request.rules)),
        scales=lines.scales,
        kept=kept(export, lines, fates.kept, (*ALWAYS_KEPT, *request.contacts)) if alone else None,
        is_whole=True,
    )
    return totals, chunk


def read_kept_lines(
    files: Sequence[Opened], request: ReadRequest, at_hand: pd.DataFrame | None, day: date
) -> pd.DataFrame:
    """Return the kept lines of all files up to a day, without returns of people who bought nothing.

    Args:
        files: of the export.
        request: policies, and what else the lines are read for.
        at_hand: kept lines of a file that was read whole, if it is the only one.
        day: the as-of day.
    """
    if at_hand is None:
        tables = [_read_lines(file, request, day, number) for number, file in enumerate(files)]
        at_hand = tables[0] if len(tables) == 1 else _chain(tables)
    else:
        at_hand = at_hand[at_hand[columns.ORDER_DATE].to_numpy().astype("datetime64[D]") <= np.datetime64(day)]
    buyers = at_hand.loc[~at_hand[columns.IS_RETURN], columns.CUSTOMER_ID].unique()
    table = at_hand[~at_hand[columns.IS_RETURN] | at_hand[columns.CUSTOMER_ID].isin(buyers)]
    used = table[columns.CUSTOMER_ID].cat.remove_unused_categories()
    return table.assign(**{columns.CUSTOMER_ID: used}).reset_index(drop=True)


def like(file: Opened, other: Opened) -> Opened:
    """Return another file without the columns that are not read of this one."""
    return other.without(set(other.recognition.columns) - set(file.recognition.columns))


def _read(file: Opened, request: ReadRequest) -> tuple[Opened, PerOrder]:
    """Read all lines of a file; lines of one order share the order's fields."""
    if file.content.is_head:
        again = open_again(file, memory=reading_limit(request.settings))
        file = like(file, again).with_order_ids(file.source.order_ids)
    export = _export(file, request)
    has_id = columns.CUSTOMER_ID in file.recognition.columns
    key = "" if has_id else suggest_customer_key(file)
    export.require(columns.CUSTOMER_ID, columns.ORDER_DATE, remedy=f"Next best key: {key}" if key else "")
    return file, per_order(export)


def _export(main: Opened, request: ReadRequest) -> Export:
    """Read the needed columns and those of quality rules; all of them where whole lines are compared."""
    ruled = [quality.column_of(name, main.recognition, main.header) for name in request.rules]
    wanted = None if request.settings.dedupe == "lines" else [*columns_to_read(main), *ruled]
    cells = main.cells(wanted)
    return Export(main.content, cells, main.recognition, main.source, main.preset, main.advice, main.status)


def _read_lines(file: Opened, request: ReadRequest, day: date, number: int) -> pd.DataFrame:
    _, given = _read(file, request)
    lines, fates = judged(given, request.settings, replace(request, as_of=day).day_limits, Scales())
    duplicates(given.export, fates, given.counted, request.settings)
    if number in request.overlaps:
        fates.mark(request.overlaps[number].of_chunk(0, len(lines.money)), "in_earlier_file")
    return kept(given.export, lines, fates.kept, (*ALWAYS_KEPT, *request.contacts))


def _leave_out_old(lines: Lines, fates: Fates, request: ReadRequest) -> None:
    """Leave out lines by the day after the last purchase."""
    bought = lines.days[fates.kept & ~lines.returned]
    if len(bought):
        day = bought.max().astype(object) + timedelta(days=1)
        leave_out_by_day(fates, lines, day, request.privacy.retention_days)


def _refuse_too_large(magnitude: int, lines: Lines, export: Export) -> None:
    if magnitude >= money.CAPACITY:
        raise InputProblem(
            "amounts or quantities too large to be added up exactly: this is the largest amount",
            source=export.content.name,
            line=export.cells.line(int(np.maximum(np.abs(lines.money), lines.refunded).argmax())),
            remedy="Correct the line, or check the decimal mark and declare it with --decimal",
        )


def _chain(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Chain tables, with one numbering of their texts."""
    joined = pd.concat(tables, ignore_index=True).fillna({columns.REFUNDED: 0})
    texts = [str(name) for name in tables[0] if isinstance(tables[0][name].dtype, pd.CategoricalDtype)]
    return joined.assign(**{name: union_categoricals([_as_text(one[name]) for one in tables]) for name in texts})


def _as_text(column: pd.Series) -> pd.Categorical:
    """Return the column with text categories, which those of an empty one are not."""
    return pd.Categorical.from_codes(column.cat.codes, pd.Index(column.cat.categories, dtype="str"))
