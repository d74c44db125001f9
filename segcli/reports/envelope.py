"""The JSON envelope's parts, the same in every command."""

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from segcli import columns as c
from segcli.model import Customers, Fate, Provenance, Reading, Reconciliation, Segmentation

VERSION = 1


def envelope(command: str, customers: Customers, parts: Mapping[str, Any]) -> dict[str, Any]:
    """The common frame around a command's own parts."""
    return {
        "schema": f"segcli.{command}/{VERSION}",
        "as_of": customers.as_of,
        "totals": totals(customers.table),
        **parts,
        "inputs": [reading(r) for r in customers.readings],
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as JSON has it: one object per row."""
    return cast("list[dict[str, Any]]", table.to_dict("records"))


def totals(table: pd.DataFrame) -> dict[str, float]:
    """Sums and means over all customers, of the measures the table has."""
    found: dict[str, float] = {c.CUSTOMERS: len(table)}
    found |= {name: table[name].sum() for name in (c.ORDERS, c.REVENUE) if name in table}
    means = {f"mean_{name}": table[name] for name in (c.RECENCY_DAYS, c.ORDERS, c.REVENUE) if name in table}
    return found | {name: values.mean() for name, values in means.items()}


def segmentation(result: Segmentation) -> dict[str, Any]:
    """A segmentation without its customers."""
    return {
        "method": result.method,
        "column": result.column,
        "segments": result.profile.to_dict("records"),
        "provenance": provenance(result.provenance),
        "warnings": list(result.warnings),
        "notes": list(result.notes),
        **_tables(result),
    }


def _tables(result: Segmentation) -> dict[str, Any]:
    """What a segmentation found besides, where it did."""
    return (
        {"tables": {title: rows.to_dict("records") for title, rows in result.tables.items()}} if result.tables else {}
    )


def provenance(made: Provenance) -> dict[str, Any]:
    """How a result was made."""
    return {**vars(made), "inputs": [one.facts() for one in made.inputs]}


def reading(understood: Reading) -> dict[str, Any]:
    """How an input was understood, and where its lines went."""
    return {
        **understood.input.facts(),
        "what": understood.what,
        "dialect": understood.dialect,
        "preset": understood.preset,
        "columns": understood.columns,
        "lines": None if understood.lines is None else reconciliation(understood.lines),
        "notes": list(understood.notes),
    }


def reconciliation(lines: Reconciliation) -> dict[str, Any]:
    """Lines and money: read = kept + ignored + rejected."""
    return {
        "read": lines.read,
        "kept": lines.kept,
        "returns_kept": lines.returns.lines,
        "ignored": {fate.reason: fate.lines for fate in lines.ignored},
        "rejected": {fate.reason: fate.lines for fate in lines.rejected},
        "money": {
            "read": lines.money_read,
            "kept": lines.money_kept,
            "returns_kept": lines.returns.money,
            "refunded": lines.refunded,
            "unreadable": {
                "lines": lines.unreadable,
                "with_digits": lines.unreadable_with_digits,
                "about": lines.unreadable_money,
            },
            "ignored": _money(lines.ignored),
            "rejected": _money(lines.rejected),
        },
    }


def _money(fates: tuple[Fate, ...]) -> dict[str, float]:
    return {fate.reason: fate.money for fate in fates}
