"""Requirements of a command on order exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.config.quality import ColumnRule
from segcli.customers.overlap import Overlap
from segcli.ingest.policies import DayLimits


@dataclass(frozen=True)
class ReadRequest:
    """Policies, privacy, the as-of day if given, quality rules by column, and contact columns to keep on lines.

    `contact_columns` are `email` or `phone`, by which other files are joined. `is_partial` means that some columns are
    not read because no measure needs them, so they cannot distinguish lines. `needs_line_hashes` requests a hash of
    each line. `overlaps` are, by file number, the lines that an earlier file has. `outlier_days` (days since
    1970-01-01) lie far from all other days of all files.
    """

    settings: IngestSettings
    privacy: PrivacySettings
    as_of: date | None = None
    column_rules: Mapping[str, ColumnRule] = field(default_factory=dict)
    contact_columns: Sequence[str] = ()
    is_partial: bool = False
    needs_line_hashes: bool = False
    overlaps: Mapping[int, Overlap] = field(default_factory=dict)
    outlier_days: tuple[int, ...] = ()

    @property
    def day_limits(self) -> DayLimits:
        """Days that count."""
        return DayLimits(self.as_of, self.privacy.retention_days, self.outlier_days)

    @property
    def may_name_customers(self) -> bool:
        """Whether notes may show customer ids."""
        return not self.privacy.hides_identities
