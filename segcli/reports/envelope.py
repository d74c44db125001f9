"""Parts of the JSON envelope, the same in every command."""

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from segcli import columns
from segcli.model import Customers, InputReport, Provenance, ReasonTotal, Reconciliation, Segmentation

SCHEMA_VERSION = 1


def build_envelope(command_name: str, customers: Customers, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the common JSON envelope around the parts of a command."""
    return {
        "schema": f"segcli.{command_name}/{SCHEMA_VERSION}",
        "as_of": customers.as_of,
        "totals": compute_totals(customers.table),
        **parts,
        "inputs": [describe_input(input_report) for input_report in customers.input_reports],
    }


def to_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON records: one object per row; missing integers become None."""
    rows = cast("list[dict[str, Any]]", table.to_dict("records"))
    return [{name: None if value is pd.NA else value for name, value in row.items()} for row in rows]


def compute_totals(customer_table: pd.DataFrame) -> dict[str, float]:
    """Return sums and means over all customers for the available measures."""
    totals: dict[str, float] = {columns.CUSTOMERS: len(customer_table)}
    totals |= {name: customer_table[name].sum() for name in (columns.ORDERS, columns.REVENUE) if name in customer_table}
    means = {
        f"mean_{name}": customer_table[name]
        for name in (columns.RECENCY_DAYS, columns.ORDERS, columns.REVENUE)
        if name in customer_table
    }
    return totals | {name: column_values.mean() for name, column_values in means.items()}


def describe_segmentation(segmentation: Segmentation) -> dict[str, Any]:
    """Return a segmentation without its customers, as JSON values."""
    return {
        "method": segmentation.method,
        "column": segmentation.column,
        "segments": segmentation.profile.to_dict("records"),
        "provenance": describe_provenance(segmentation.provenance),
        "warnings": list(segmentation.warnings),
        "notes": list(segmentation.notes),
        **_describe_tables(segmentation),
    }


def _describe_tables(segmentation: Segmentation) -> dict[str, Any]:
    """Return the additional tables of a segmentation, if there are any."""
    return (
        {"tables": {title: rows.to_dict("records") for title, rows in segmentation.tables.items()}}
        if segmentation.tables
        else {}
    )


def describe_provenance(provenance: Provenance) -> dict[str, Any]:
    """Return the provenance of a result as JSON values."""
    return {**vars(provenance), "inputs": [input_file.to_dict() for input_file in provenance.inputs]}


def describe_input(input_report: InputReport) -> dict[str, Any]:
    """Return how segcli read an input file, with line counts by outcome."""
    return {
        **input_report.input.to_dict(),
        "what": input_report.row_kind,
        "dialect": input_report.dialect,
        "preset": input_report.preset,
        "columns": input_report.columns,
        "lines": None if input_report.reconciliation is None else describe_reconciliation(input_report.reconciliation),
        "notes": list(input_report.notes),
    }


def describe_reconciliation(reconciliation: Reconciliation) -> dict[str, Any]:
    """Return the reconciliation of lines and money: read = kept + ignored + rejected."""
    return {
        "read": reconciliation.read,
        "kept": reconciliation.kept,
        "returns_kept": reconciliation.returns.lines,
        "ignored": {reason_total.reason: reason_total.lines for reason_total in reconciliation.ignored},
        "rejected": {reason_total.reason: reason_total.lines for reason_total in reconciliation.rejected},
        "money": {
            "read": reconciliation.money_read,
            "kept": reconciliation.money_kept,
            "returns_kept": reconciliation.returns.money,
            "refunded": reconciliation.refunded,
            "unreadable": {
                "lines": reconciliation.unreadable,
                "with_digits": reconciliation.unreadable_with_digits,
                "about": reconciliation.unreadable_money,
            },
            "ignored": _money_by_reason(reconciliation.ignored),
            "rejected": _money_by_reason(reconciliation.rejected),
        },
    }


def _money_by_reason(reason_totals: tuple[ReasonTotal, ...]) -> dict[str, float]:
    return {reason_total.reason: reason_total.money for reason_total in reason_totals}
