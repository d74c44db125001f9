"""`privacy:` disclosure control, pseudonyms, retention and suppression."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from segcli.config.clv import DAYS_PER_PERIOD
from segcli.config.section import PATH_MARK, NeedsAllLines, Section

_WINDOW_PATTERN = re.compile(r"([1-9]\d{0,3}) (day|month|year)s?")
_DAYS_PER_UNIT = DAYS_PER_PERIOD | {"year": 12 * DAYS_PER_PERIOD["month"]}


def _check_window(window: str) -> str:
    if not _WINDOW_PATTERN.fullmatch(window):
        raise ValueError(f"must be a number of days, months or years, such as 24 months; got {window}")
    return window


class PrivacySettings(Section):
    """`privacy:` pseudonyms, dropped columns, and the minimum size of reported groups."""

    pseudonymise: list[str] = Field(
        default_factory=list,
        description="Columns to pseudonymise with your secret key, for example [customer_id, email]. segcli drops all "
        "other columns that identify people.",
    )
    key_file: str | None = Field(
        None,
        description="File with your secret key for pseudonyms and holdout groups. It must be outside the output "
        "folder. segcli creates it on first use.",
        json_schema_extra=PATH_MARK,
    )
    drop_pii: bool = Field(
        default=False, description="Drop columns that identify people, by name or by values, from results."
    )
    only_mapped: bool = Field(default=False, description="Read only recognised and mapped columns from customer files.")
    special_reason: str | None = Field(
        None,
        min_length=10,
        description="Your reason for using special categories of personal data (health, religion, ...) in all "
        "segmentations. segcli records the reason.",
    )
    retention: Annotated[str, AfterValidator(_check_window)] | None = Field(
        None,
        description="Retention window up to the as-of day, for example 24 months. segcli ignores older orders and "
        "reports their number. Default: no window.",
    )
    suppression: Annotated[str | None, NeedsAllLines("run")] = Field(
        None,
        description="Your suppression list: CSV file of people who objected (customer_id, email or phone). All "
        "commands "
        "exclude them.",
        json_schema_extra=PATH_MARK,
    )
    audience: Literal["internal", "external"] = Field(
        "internal",
        description="Readers: internal, or external to mask groups smaller than minimum_cell_external.",
    )
    minimum_cell: int = Field(
        1, ge=1, description="Minimum number of customers in a group that internal reports show. 1 shows all groups."
    )
    small_numbers: int = Field(5, ge=1, description="Number of customers below which segcli marks a segment as small.")
    minimum_cell_external: int = Field(
        11, ge=1, description="Minimum number of customers in a group that external reports show."
    )
    dominance: float = Field(
        0.85,
        gt=0,
        le=1,
        description="Share of a group's revenue from which one customer dominates it. segcli masks dominated groups in "
        "external reports, and in internal reports if minimum_cell is above 1.",
    )
    quasi_identifiers: list[str] = Field(
        default_factory=list, description="Columns that together may identify a person, for example [age, postcode]."
    )
    k: int | None = Field(
        None,
        ge=2,
        description="Minimum number of customers with the same quasi_identifiers (k-anonymity). segcli exits with "
        "code 4 if a group is smaller. Default: not checked.",
    )
    sensitive: str | None = Field(None, description="Sensitive column that quasi_identifiers must not reveal.")
    l_diversity: int | None = Field(
        None,
        ge=2,
        description="Minimum number of different values of sensitive among customers with the same quasi_identifiers "
        "(l-diversity). segcli exits with code 4 if there are fewer. Default: not checked.",
    )

    @model_validator(mode="after")
    def _check_combinations(self) -> "PrivacySettings":
        if self.pseudonymise and not self.key_file:
            raise ValueError(
                "pseudonymise needs key_file; "
                "hint: set key_file to a file outside the output, such as ~/.config/segcli/key"
            )
        if (self.k or self.l_diversity) and not self.quasi_identifiers:
            raise ValueError("k and l_diversity need quasi_identifiers; hint: list the columns under quasi_identifiers")
        if (self.l_diversity is None) != (self.sensitive is None):
            raise ValueError("sensitive and l_diversity must be set together; hint: set both or neither")
        return self

    @property
    def smallest_group(self) -> int:
        """Smallest number of customers that a reported group may have."""
        return self.minimum_cell_external if self.audience == "external" else self.minimum_cell

    @property
    def withholds_groups(self) -> bool:
        """Whether results are masked for this audience."""
        return self.audience == "external" or self.minimum_cell > 1

    @property
    def dominance_limit(self) -> float:
        """Share of revenue from which one customer dominates a group, for this audience; 1 disables the check."""
        return self.dominance if self.withholds_groups else 1.0

    @property
    def smallest_described_group(self) -> int:
        """Smallest group with traits and a verdict: allowed for this audience, and large enough to be meaningful."""
        return max(self.smallest_group, self.small_numbers)

    @property
    def smallest_group_setting(self) -> str:
        """Name of the setting that defines the smallest group."""
        return "privacy.minimum_cell_external" if self.audience == "external" else "privacy.minimum_cell"

    @property
    def hides_identities(self) -> bool:
        """Whether messages must not contain text that identifies a person, not even in an error."""
        return bool(self.pseudonymise) or self.drop_pii

    @property
    def retention_days(self) -> int | None:
        """Retention window in whole days; None if there is no window."""
        window_match = _WINDOW_PATTERN.fullmatch(self.retention or "")
        return None if window_match is None else round(int(window_match[1]) * _DAYS_PER_UNIT[window_match[2]])
