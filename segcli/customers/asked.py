"""What is asked of order exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.config.quality import ColumnRule


@dataclass(frozen=True)
class Asked:
    """Policies, privacy, the as-of day if given, and what else lines are read for.

    That is `rules` by column, and `contacts`: `email` or `phone`, by which other files find customers. `is_partial`
    means that no measure needs some of the columns, so they are not read and cannot tell lines apart.
    """

    settings: IngestSettings
    privacy: PrivacySettings
    as_of: date | None = None
    rules: Mapping[str, ColumnRule] = field(default_factory=dict)
    contacts: Sequence[str] = ()
    is_partial: bool = False

    @property
    def told(self) -> bool:
        """Whether customers may be named."""
        return not self.privacy.secret
