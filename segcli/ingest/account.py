"""Where lines and money went, counted so that pieces of a file can be added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from segcli.ingest.money import are_exact
from segcli.ingest.reasons import REASONS
from segcli.model import Fate, Reconciliation


@dataclass(frozen=True)
class Group:
    """So many lines with so much money (in units), and where the first of them stands, if that is known."""

    lines: int = 0
    units: int = 0
    first: int | None = None

    def __add__(self, other: "Group") -> "Group":
        firsts = [first for first in (self.first, other.first) if first is not None]
        return Group(self.lines + other.lines, self.units + other.units, min(firsts, default=None))

    def below(self, lines: int) -> "Group":
        """The same where so many lines of the file stand above."""
        return Group(self.lines, self.units, None if self.first is None else self.first + lines)


@dataclass(frozen=True)
class Account:
    """All records, those kept, the returns among these, and those left out by reason; money refunded, in units."""

    read: Group = Group()
    kept: Group = Group()
    returns: Group = Group()
    left_out: Mapping[str, Group] = field(default_factory=dict)
    refunded: int = 0

    @classmethod
    def together(cls, parts: Sequence[tuple["Account", int]]) -> Self:
        """Of several pieces, each with the number of lines above it."""
        names = dict.fromkeys(name for part, _ in parts for name in part.left_out)
        return cls(
            read=sum((part.read for part, _ in parts), Group()),
            kept=sum((part.kept for part, _ in parts), Group()),
            returns=sum((part.returns for part, _ in parts), Group()),
            left_out={
                name: sum((part.left_out[name].below(above) for part, above in parts if name in part.left_out), Group())
                for name in names
            },
            refunded=sum(part.refunded for part, _ in parts),
        )

    def without(self, reason: str, returned: Group, refunded: int = 0) -> "Account":
        """The same where some kept returns are left out after all."""
        if not returned.lines:
            return self
        less = Group(-returned.lines, -returned.units)
        return Account(
            self.read,
            self.kept + less,
            self.returns + less,
            {**self.left_out, reason: self.left_out.get(reason, Group()) + returned},
            self.refunded - refunded,
        )

    def reconciled(self, scale: int) -> Reconciliation:
        """In money, of which so many units are 1.00."""
        return Reconciliation(
            read=self.read.lines,
            kept=self.kept.lines,
            money_read=self.read.units / scale,
            money_kept=self.kept.units / scale,
            returns=Fate("returns", self.returns.lines, self.returns.units / scale),
            refunded=self.refunded / scale,
            ignored=self._fates("ignored", scale),
            rejected=self._fates("rejected", scale),
        )

    def is_exact(self, scale: int) -> bool:
        """Whether floats hold all its money."""
        groups = (self.read, self.kept, self.returns, *self.left_out.values())
        return are_exact([*(group.units for group in groups), self.refunded], scale)

    def said(self) -> str:
        """What became of the lines that are left out, such as `no customer id: 2`."""
        return ", ".join(f"{REASONS[name].short}: {g.lines:,}" for name, g in self._in_order())

    def _in_order(self) -> list[tuple[str, Group]]:
        return [(name, self.left_out[name]) for name in REASONS if name in self.left_out and self.left_out[name].lines]

    def _fates(self, verdict: str, scale: int) -> tuple[Fate, ...]:
        return tuple(
            Fate(name, group.lines, group.units / scale, group.first)
            for name, group in self._in_order()
            if REASONS[name].verdict == verdict
        )
