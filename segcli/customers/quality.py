"""Rules on all customers together: how many lines were rejected, how old the last order is, how much there is."""

from collections.abc import Iterator, Mapping, Sequence

from segcli import columns as c
from segcli.config.ingest import allowed
from segcli.config.quality import ColumnRule, QualitySettings
from segcli.ingest.opening import Opened
from segcli.ingest.quality import column_of
from segcli.model import Customers, Verdict

LEVELS = ("low", "middling", "high")


def nowhere(rules: Mapping[str, ColumnRule], inputs: Sequence[Opened]) -> Iterator[Verdict]:
    """A verdict for each rule on a column that no input has."""
    for name, rule in rules.items():
        if not any(column_of(name, one.recognition, one.header) for one in inputs):
            yield Verdict(
                f"columns.{name}", inputs[0].content.name, False, rule.severity, f"no input has a column '{name}'"
            )


def judge(customers: Customers, rules: QualitySettings) -> Iterator[Verdict]:
    """A verdict for each rule; the confidence is a note where no least one is asked for."""
    yield from _rejects(customers, rules)
    yield from _unreadable_money(customers, rules)
    yield from _age(customers, rules)
    yield from _confidence(customers, rules)


def _rejects(customers: Customers, rules: QualitySettings) -> Iterator[Verdict]:
    for reading in customers.readings:
        if reading.lines and rules.max_rejects is not None:
            rejected = sum(fate.lines for fate in reading.lines.rejected)
            passed = rejected <= allowed(rules.max_rejects, reading.lines.read)
            what = f"lines rejected: {rejected:,} of {reading.lines.read:,} (at most {rules.max_rejects})"
            yield Verdict("max_rejects", reading.input.name, passed, "error", what)


def _unreadable_money(customers: Customers, rules: QualitySettings) -> Iterator[Verdict]:
    for reading in customers.readings:
        lines = reading.lines
        if lines and rules.max_unreadable_money is not None:
            average = abs(lines.money_kept) / max(lines.kept, 1)
            unreadable = lines.unreadable_money + average * (lines.unreadable - lines.unreadable_with_digits)
            passed = unreadable <= allowed(rules.max_unreadable_money, lines.money_read)
            what = (
                f"money that cannot be read: about {unreadable:,.2f} on {lines.unreadable:,} lines, of "
                f"{lines.money_read:,.2f} read (at most {rules.max_unreadable_money})"
            )
            yield Verdict("max_unreadable_money", reading.input.name, passed, "error", what)


def _age(customers: Customers, rules: QualitySettings) -> Iterator[Verdict]:
    if rules.max_age_days is None:
        return
    days = int(customers.table[c.RECENCY_DAYS].min()) if c.RECENCY_DAYS in customers.table else None
    passed = days is not None and days <= rules.max_age_days
    age = "unknown" if days is None else f"{days:,}"
    what = f"days from the last order to the as-of day: {age} (at most {rules.max_age_days:,})"
    yield Verdict("max_age_days", "customers", passed, "error", what)


def _confidence(customers: Customers, rules: QualitySettings) -> Iterator[Verdict]:
    """The least of its three parts decides; what cannot be known does not count against it."""
    table, wanted = customers.table, rules.confidence
    has = {"customers": len(table)}
    if {c.FIRST_ORDER, c.LAST_ORDER} <= set(table.columns) and table[c.LAST_ORDER].dtype.kind == "M" and len(table):
        has["days"] = int((table[c.LAST_ORDER].max() - table[c.FIRST_ORDER].min()).days)
    if c.ORDERS in table and table[c.ORDERS].dtype.kind in "iuf":  # a column in which nothing is written is text
        has["repeat_buyers"] = int((table[c.ORDERS] > 1).sum())
    least = min(count / getattr(wanted, name) for name, count in has.items())
    level = "high" if least >= 1 else "middling" if least >= 1 / 2 else "low"
    parts = ", ".join(f"{name.replace('_', ' ')} {n:,} (wanted {getattr(wanted, name):,})" for name, n in has.items())
    passed = LEVELS.index(level) >= LEVELS.index(rules.min_confidence)
    severity = "note" if passed else "error"
    yield Verdict("min_confidence", "customers", passed, severity, f"confidence {level}: {parts}")
