"""Builders of tables shared by the terminal, Markdown and reports."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from segcli import columns, formatting
from segcli.evaluation.disclosure_control import WITHHELD_LABEL
from segcli.message import join_messages, message
from segcli.model import Segmentation, Trait
from segcli.reports.blocks import Block, Column, Heading, RatedText, Rating, Table, Text
from segcli.reports.column_titles import format_title
from segcli.segment.definitions import describe_range

if TYPE_CHECKING:
    from segcli.evaluation.drivers import DriverAnalysis
    from segcli.persona.explanations import Explanation
    from segcli.persona.markers import MarkerVariables

NO_MARKER = message("no marker")
MAX_MARKERS, MAX_DIFFERENCES = 3, 5  # most markers shown per segment, most differences shown in total
PRINCIPLE_TITLES = {
    "measurable": message("Measurable"),
    "accessible": message("Accessible"),
    "substantial": message("Substantial"),
    "differentiable": message("Differentiable"),
    "durable": message("Durable"),
    "actionable": message("Actionable"),
}
VERDICTS: Mapping[str, tuple[str, Rating]] = {
    "pass": (message("pass"), "good"),
    "warn": (message("warn"), "doubtful"),
    "fail": (message("fail"), "bad"),
}
SEGMENT_COLUMNS = (
    # profile column, title, formatter
    (columns.CUSTOMERS, message("Customers"), formatting.format_count),
    (columns.SHARE, message("% customers"), formatting.format_share),
    (columns.REVENUE, message("Revenue"), formatting.format_money),
    (columns.REVENUE_SHARE, message("% revenue"), formatting.format_share),
    (columns.MEAN_RECENCY_DAYS, message("Days since last order"), formatting.format_days),
    (columns.MEAN_ORDERS, message("Orders"), formatting.format_number),
    (columns.MEAN_ORDER_VALUE, message("Avg order"), formatting.format_money),
)


def build_segment_table(segmentation: Segmentation) -> Table:
    """Build a table with one row per segment: size, money, recency, orders."""
    present_columns = [entry for entry in SEGMENT_COLUMNS if entry[0] in segmentation.profile]
    titles = [Column(message("Segment"), align_right=False), Column("", is_bar=True)]
    currency = segmentation.customers.currency
    titles += [Column(_add_currency(title, format_value, currency)) for _, title, format_value in present_columns]
    rows = [
        [
            row[columns.SEGMENT_NAME],
            float(row[columns.SHARE]),
            *(format_value(row[name]) for name, _, format_value in present_columns),
        ]
        for row in segmentation.profile.to_dict("records")
    ]
    return Table(titles, rows, range(len(rows)))


def build_size_table(sizes: pd.DataFrame) -> Table:
    """Build a table with one row per defined segment: owner, size, and expected size."""
    titles = [Column(message("Segment"), align_right=False), Column(message("Owner"), align_right=False)]
    titles += [Column(message("Customers")), Column(message("% customers")), Column(message("Expected"))]
    titles += [Column(message("Description"), align_right=False)]
    rows = [
        [
            row[columns.SEGMENT_NAME],
            row["owner"],
            formatting.format_count(row[columns.CUSTOMERS]),
            formatting.format_share(row[columns.SHARE]),
            _format_expected_size(row),
            row["description"],
        ]
        for row in sizes.to_dict("records")
    ]
    return Table(titles, rows)


def _format_expected_size(size_row: Mapping[Hashable, Any]) -> str:
    """Format the expected size; blank if there is none."""
    range_text = describe_range(size_row["lowest"], size_row["highest"])
    if size_row["is_expected"]:
        return RatedText(range_text, "good") if range_text else ""
    return RatedText(message("{range}: outside", range=range_text), "bad")


def build_comparison_table(segmentations: Sequence[Segmentation]) -> Table:
    """Build a table with one row per segmentation: its number of segments, and the largest visible segment."""
    rows = []
    for segmentation in segmentations:
        profile = segmentation.profile
        visible = profile[~profile[columns.SEGMENT_NAME].str.startswith(WITHHELD_LABEL)]
        rank_column = columns.REVENUE_SHARE if columns.REVENUE_SHARE in profile else columns.SHARE
        top_row = (
            (visible if len(visible) else profile).sort_values(rank_column, ascending=False, kind="stable").iloc[0]
        )
        revenue_share = top_row.get(columns.REVENUE_SHARE)
        rows.append(
            [
                segmentation.column,
                formatting.format_count(len(profile)),
                str(top_row[columns.SEGMENT_NAME]),
                formatting.format_share(float(top_row[columns.SHARE])),
                "" if revenue_share is None else formatting.format_share(float(revenue_share)),
            ]
        )
    titles = [Column(message("Segmentation"), align_right=False), Column(message("Segments"))]
    titles += [Column(message("Top segment"), align_right=False), Column(message("% customers"))]
    return Table([*titles, Column(message("% revenue"))], rows)


def _add_currency(title: str, format_value: Callable[[float], str], currency: str) -> str:
    """Return the title of a column with the currency, if it holds money in a known currency."""
    if format_value is not formatting.format_money or not currency:
        return title
    return message("{title} ({currency})", title=title, currency=currency)


def build_scorecard_table(scorecard_rows: pd.DataFrame) -> Table:
    """Build a table with one row per segment and one column per principle: the number and the verdict."""
    formatters = {
        "measurable": formatting.format_share,
        "accessible": formatting.format_share,
        "substantial": formatting.format_count,
        "durable": formatting.format_share,
    }
    segment_names = list(dict.fromkeys(scorecard_rows[columns.SEGMENT_NAME]))
    principles = list(dict.fromkeys(scorecard_rows["principle"]))
    cells = {
        (row[columns.SEGMENT_NAME], row["principle"]): _format_verdict(row, formatters.get(row["principle"]))
        for row in scorecard_rows.to_dict("records")
    }
    table_columns = [
        Column(message("Segment"), align_right=False),
        *(Column(PRINCIPLE_TITLES[name], align_right=False) for name in principles),
    ]
    return Table(
        table_columns, [[name, *(cells[name, principle] for principle in principles)] for name in segment_names]
    )


def _format_verdict(row: Mapping[Hashable, Any], format_value: Callable[[float], str] | None) -> str:
    """Format a cell such as `82% pass`; without a number, return the verdict alone."""
    if row["verdict"] == "not known":
        return "-"
    if row["principle"] == "actionable":
        return RatedText(*VERDICTS[row["verdict"]])
    value = format_value(row["value"]) if format_value else formatting.format_decimal(row["value"])
    verdict, rating = VERDICTS[row["verdict"]]
    return RatedText(message("{value} {verdict}", value=value, verdict=verdict), rating)


def build_finding_blocks(segmentation: Segmentation) -> Iterator[Block]:
    """Yield the additional tables of a segmentation, each below its title."""
    for title, finding_rows in segmentation.tables.items():
        yield Heading(title, level=4)
        yield build_table(finding_rows)


def build_table(data_rows: pd.DataFrame) -> Table:
    """Build a table of any data: texts left-aligned, numbers right-aligned and formatted by column name."""
    is_text = {name: not pd.api.types.is_numeric_dtype(data_rows[name]) for name in data_rows.columns}
    table_columns = [Column(format_title(str(name)), align_right=not is_text[name]) for name in data_rows.columns]
    cells = [[_format_cell(name, row[name]) for name in data_rows.columns] for row in data_rows.to_dict("records")]
    return Table(table_columns, cells)


def build_drivers_table(drivers: "DriverAnalysis") -> Table:
    """Build a table with one row per driver or level of it."""
    return build_table(drivers.table.assign(level=drivers.table["level"].fillna("")))


def _format_cell(name: str, cell_value: object) -> str:
    """Format a value by its column name: shares in per cent, other fractions as decimals, blank if missing."""
    if isinstance(cell_value, str):
        return cell_value
    if pd.isna(cell_value):  # type: ignore[call-overload]
        return ""
    number = float(cell_value)  # type: ignore[arg-type]
    if name.startswith(("share", "rate", "response", "support", "confidence")) or name.endswith(("_share", "_rate")):
        return formatting.format_share(number)
    is_whole = number == round(number) and (abs(number) >= 1 or isinstance(cell_value, int))
    return formatting.format_count(number) if is_whole else formatting.format_decimal(number)


def build_rule_blocks(explanation: "Explanation") -> Iterator[Block]:
    """Yield the rule of each segment with coverage and precision."""
    fidelity = message("as rules, correct for {share:.0%} of customers:", share=explanation.fidelity)
    yield Text([fidelity], is_quiet=True)
    titles = [
        Column(message("Segment"), align_right=False),
        Column(message("Coverage")),
        Column(message("Precision")),
        Column(message("If"), align_right=False),
    ]
    yield Table(
        titles,
        [
            [
                rule.segment,
                formatting.format_share(rule.coverage),
                formatting.format_share(rule.precision),
                rule.condition_text,
            ]
            for rule in explanation.segment_rules
        ],
    )


def build_marker_blocks(markers: "MarkerVariables", segment_names: Sequence[str]) -> Iterator[Block]:
    """Yield the markers of each segment, strongest first, and other columns in which segments differ."""
    from segcli.persona.markers import SIGNIFICANCE_LEVEL

    titles = [Column(message("Segment"), align_right=False), Column(message("Marked by"), align_right=False)]
    yield Table(
        titles,
        [[name, join_messages(", ", _list_markers(markers.list_markers(name))) or NO_MARKER] for name in segment_names],
    )
    other_tests = [entry for entry in markers.differences if not entry.feature]
    significant_tests = sorted(
        (entry for entry in other_tests if entry.p_adjusted < SIGNIFICANCE_LEVEL),
        key=lambda row: (-row.effect, row.column),
    )
    if other_tests:
        top_columns = [formatting.column_label(entry.column) for entry in significant_tests[:MAX_DIFFERENCES]]
        counts = {"count": len(significant_tests), "tests": len(other_tests)}
        if significant_tests:
            summary = message(
                "they differ in {count} of {tests} other columns, most in {names} (tested at 5 %, Benjamini-Hochberg)",
                names=join_messages(", ", top_columns),
                **counts,
            )
        else:
            summary = message(
                "they differ in {count} of {tests} other columns (tested at 5 %, Benjamini-Hochberg)", **counts
            )
        yield Text([summary], is_quiet=True)


def _list_markers(traits: Sequence[Trait]) -> list[str]:
    """Return the strongest marker variables as text, at most one per column."""
    strongest: dict[str, Trait] = {}
    for trait in traits:
        strongest.setdefault(trait.name, trait)
    return [_format_marker(trait) for trait in list(strongest.values())[:MAX_MARKERS]]


def _format_marker(trait: Trait) -> str:
    """Format a marker as `orders 4.2x`, `plan = pro 80% (all 20%)`, or, without a ratio, as the two means."""
    label = formatting.column_label(trait.name)
    if trait.level is not None:
        return message(
            "{label} = {level} {share} (all {base})",
            label=label,
            level=trait.level,
            share=formatting.format_share(trait.value),
            base=formatting.format_share(trait.base),
        )
    if trait.index is not None:
        return message("{label} {value}", label=label, value=formatting.format_index(trait.index))
    return message("{label} {value:.3g} (all {base:.3g})", label=label, value=trait.value, base=trait.base)


def build_note_blocks(lines: Sequence[str]) -> list[Text]:
    """Return the lines as a quiet text, or an empty list without lines."""
    return [Text(list(lines), is_quiet=True)] if lines else []


def build_overlap_blocks(pairs: pd.DataFrame) -> Iterator[Block]:
    """Yield a table per pair of segmentations: one row per pair of different segments, largest overlap first."""
    for (column, other_column), pair_rows in pairs.groupby(["column", "with"], sort=False):
        yield Heading(
            str(column)
            if column == other_column
            else message("{column} and {other}", column=column, other=other_column)
        )
        yield _build_overlap_table(pair_rows[(pair_rows["segment"] < pair_rows["other"]) | (column != other_column)])


def _build_overlap_table(pairs: pd.DataFrame) -> Table:
    sorted_pairs = pairs.sort_values(["customers", "segment", "other"], ascending=[False, True, True])
    rows = [
        [
            row["segment"],
            row["other"],
            formatting.format_count(row["customers"]),
            formatting.format_decimal(row["jaccard"]),
            formatting.format_decimal(row["lift"]),
        ]
        for row in sorted_pairs.to_dict("records")
    ]
    titles = [
        Column(message("Segment"), align_right=False),
        Column(message("And"), align_right=False),
        Column(message("Customers")),
    ]
    return Table([*titles, Column(message("Jaccard")), Column(message("Lift"))], rows)


def build_measure_table(customer_table: pd.DataFrame) -> Table:
    """Build a table of quartiles and range of every numeric column."""
    measure_names = [
        name
        for name in customer_table.columns
        if pd.api.types.is_numeric_dtype(customer_table[name]) and name != columns.CUSTOMER_ID
    ]
    quantiles = customer_table[measure_names].astype("float64").quantile([0, 0.25, 0.5, 0.75, 1.0])
    titles = [
        "",
        message("Lowest"),
        message("Lower quarter"),
        message("Median"),
        message("Upper quarter"),
        message("Highest"),
        message("Known"),
    ]
    rows = [
        [
            formatting.column_label(name),
            *(formatting.format_value(name, value) for value in quantiles[name]),
            formatting.format_count(customer_table[name].notna().sum()),
        ]
        for name in measure_names
        if customer_table[name].notna().any()
    ]
    return Table([Column(titles[0], align_right=False), *(Column(title) for title in titles[1:])], rows)


def build_candidate_table(segmentation: Segmentation) -> Table | None:
    """Build a table that compares candidate numbers of clusters; None if there is only one."""
    candidates = segmentation.method.get("candidates", [])
    if len(candidates) < 2:  # noqa: PLR2004 - a comparison needs two candidates
        return None
    has_stability = candidates[0]["ari_median"] is not None
    rows = [
        [
            str(candidate["k"]) + (" <-" if candidate["k"] == segmentation.method["k"] else ""),
            *(
                [max(candidate["ari_median"], 0.0), formatting.format_decimal(candidate["ari_median"])]
                if has_stability
                else [max(candidate["silhouette"], 0.0)]
            ),
            formatting.format_decimal(candidate["silhouette"]),
            formatting.format_share(candidate["smallest_share"]),
        ]
        for candidate in candidates
    ]
    stability_columns = [Column(message("Stability"))] if has_stability else []
    return Table(
        [
            Column("k", align_right=False),
            Column("", is_bar=True),
            *stability_columns,
            Column(message("Silhouette")),
            Column(message("Smallest")),
        ],
        rows,
    )
