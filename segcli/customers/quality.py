"""Rules on all customers together: how many lines were rejected, how old the last order is, how much there is."""

from collections.abc import Iterator, Mapping, Sequence

from segcli import columns
from segcli.config.ingest import lines_allowed
from segcli.config.quality import ColumnRule, QualitySettings
from segcli.ingest.opening import InputFile
from segcli.ingest.quality import find_rule_column
from segcli.model import Customers, QualityCheck

CONFIDENCE_LEVELS = ("low", "middling", "high")


def check_missing_columns(rules: Mapping[str, ColumnRule], inputs: Sequence[InputFile]) -> Iterator[QualityCheck]:
    """A verdict for each rule on a column that no input has."""
    for name, rule in rules.items():
        if not any(find_rule_column(name, file.mapping, file.header) for file in inputs):
            yield QualityCheck(
                f"columns.{name}", inputs[0].content.name, False, rule.severity, f"no input has a column '{name}'"
            )


def check_customers(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    """A verdict for each rule; the confidence is a note where no least one is asked for."""
    yield from _check_rejects(customers, rules)
    yield from _check_unreadable_money(customers, rules)
    yield from _check_age(customers, rules)
    yield from _check_confidence(customers, rules)


def _check_rejects(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    for input_report in customers.input_reports:
        if input_report.reconciliation and rules.max_rejects is not None:
            rejected = sum(reason_total.lines for reason_total in input_report.reconciliation.rejected)
            passed = rejected <= lines_allowed(rules.max_rejects, input_report.reconciliation.read)
            message = (
                f"lines rejected: {rejected:,} of {input_report.reconciliation.read:,} (at most {rules.max_rejects})"
            )
            yield QualityCheck("max_rejects", input_report.input.name, passed, "error", message)


def _check_unreadable_money(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    for input_report in customers.input_reports:
        reconciliation = input_report.reconciliation
        if reconciliation and rules.max_unreadable_money is not None:
            average = abs(reconciliation.money_kept) / max(reconciliation.kept, 1)
            unreadable_money = reconciliation.unreadable_money + average * (
                reconciliation.unreadable - reconciliation.unreadable_with_digits
            )
            passed = unreadable_money <= lines_allowed(rules.max_unreadable_money, reconciliation.money_read)
            message = (
                f"money that cannot be read: about {unreadable_money:,.2f} on {reconciliation.unreadable:,} lines, of "
                f"{reconciliation.money_read:,.2f} read (at most {rules.max_unreadable_money})"
            )
            yield QualityCheck("max_unreadable_money", input_report.input.name, passed, "error", message)


def _check_age(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    if rules.max_age_days is None:
        return
    days = int(customers.table[columns.RECENCY_DAYS].min()) if columns.RECENCY_DAYS in customers.table else None
    passed = days is not None and days <= rules.max_age_days
    age_text = "unknown" if days is None else f"{days:,}"
    message = f"days from the last order to the as-of day: {age_text} (at most {rules.max_age_days:,})"
    yield QualityCheck("max_age_days", "customers", passed, "error", message)


def _check_confidence(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    """The least of its three parts decides; what cannot be known does not count against it."""
    table, sizes = customers.table, rules.confidence
    counts = {"customers": len(table)}
    if (
        {columns.FIRST_ORDER, columns.LAST_ORDER} <= set(table.columns)
        and table[columns.LAST_ORDER].dtype.kind == "M"
        and len(table)
    ):
        counts["days"] = int((table[columns.LAST_ORDER].max() - table[columns.FIRST_ORDER].min()).days)
    if (
        columns.ORDERS in table and table[columns.ORDERS].dtype.kind in "iuf"
    ):  # a column in which nothing is written is text
        counts["repeat_buyers"] = int((table[columns.ORDERS] > 1).sum())
    smallest_ratio = min(count / getattr(sizes, name) for name, count in counts.items())
    level = "high" if smallest_ratio >= 1 else "middling" if smallest_ratio >= 1 / 2 else "low"
    count_texts = ", ".join(
        f"{name.replace('_', ' ')} {number:,} (wanted {getattr(sizes, name):,})" for name, number in counts.items()
    )
    passed = CONFIDENCE_LEVELS.index(level) >= CONFIDENCE_LEVELS.index(rules.min_confidence)
    severity = "note" if passed else "error"
    yield QualityCheck("min_confidence", "customers", passed, severity, f"confidence {level}: {count_texts}")
