"""What decides on lines, whichever engine types them."""

from dataclasses import dataclass
from datetime import date

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.ingest.plan import Plan


@dataclass(frozen=True)
class Planned:
    """What decides on lines: the plan of the file, the policies, the as-of day where it is given, and retention."""

    plan: Plan
    settings: IngestSettings
    as_of: date | None
    privacy: PrivacySettings

    def field(self, standard: str) -> str | None:
        """The column of text that holds a standard column, if the file has it."""
        name = self.plan.file.recognition.columns.get(standard)
        return None if name is None else self.named(name)

    def named(self, name: str) -> str:
        """The column of text that the file names so."""
        return f"f{self.plan.file.header.index(name)}"

    @property
    def has_money(self) -> bool:
        """Whether lines have amounts or prices."""
        return any(self.field(name) for name in (c.AMOUNT, c.UNIT_PRICE))
