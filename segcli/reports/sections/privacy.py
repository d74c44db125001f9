"""Section with suppressed segments and applied privacy measures."""

from collections.abc import Iterator

from segcli.config.privacy import PrivacySettings
from segcli.customers.quality_rules import PRIVACY_SECTION
from segcli.message import count_message, message
from segcli.reports.blocks import Block, Text
from segcli.reports.report import Findings

TITLE = message("Privacy")
STILL_PERSONAL = message(
    "Pseudonyms are still personal data: the key or additional data can identify people (GDPR, recital 26)."
)


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the audience and smallest group, suppressed segments, pseudonyms, k and l."""
    settings, guard = findings.privacy, findings.guard
    yield Text([_describe_audience(settings)])
    if guard is not None and settings.withholds_groups:
        withheld_lines = [f"{column}: {', '.join(names)}" for column, names in guard.withheld_names.items() if names]
        yield Text(
            [message("withheld, alone or with others: {names}", names=line) for line in withheld_lines]
            or [message("No segment is withheld.")],
            has_bullets=True,
        )
    facts = [
        quality_check.what
        for quality_check in findings.customers.quality_checks
        if quality_check.section == PRIVACY_SECTION
    ]
    if settings.pseudonymise:
        facts += [message("pseudonyms instead of: {names}", names=", ".join(settings.pseudonymise)), STILL_PERSONAL]
    facts += [message("orders older than {retention} are ignored", retention=settings.retention)] * bool(
        settings.retention
    )
    facts += [message("people who objected are excluded from everything")] * bool(settings.suppression)
    yield Text(facts or [message("Customers are shown by their own ids.")], has_bullets=True)


def _describe_audience(settings: PrivacySettings) -> str:
    if not settings.withholds_groups:
        return count_message(
            "For internal readers: nothing is withheld; segments of fewer than {count} customer are marked.",
            "For internal readers: nothing is withheld; segments of fewer than {count} customers are marked.",
            settings.small_numbers,
        )
    if settings.audience == "internal":
        return count_message(
            "For internal readers: groups of fewer than {count} customer are withheld.",
            "For internal readers: groups of fewer than {count} customers are withheld.",
            settings.smallest_group,
        )
    return count_message(
        "For external readers: groups of fewer than {count} customer are withheld.",
        "For external readers: groups of fewer than {count} customers are withheld.",
        settings.smallest_group,
    )
