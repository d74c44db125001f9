"""Section with suppressed segments and applied privacy measures."""

from collections.abc import Iterator

from segcli.customers.quality_rules import PRIVACY_SECTION
from segcli.reports.blocks import Block, Text
from segcli.reports.report import Findings

TITLE = "Privacy"
STILL_PERSONAL = (
    "Pseudonyms are still personal data: the key or additional data can identify people (GDPR, recital 26)."
)


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the audience and smallest group, suppressed segments, pseudonyms, k and l."""
    settings, guard = findings.privacy, findings.guard
    if settings.withholds_groups:
        limit = f"groups of fewer than {settings.smallest_group} customers are withheld"
    else:
        limit = f"nothing is withheld; segments of fewer than {settings.small_numbers} customers are marked"
    yield Text([f"For {settings.audience} readers: {limit}."])
    if guard is not None and settings.withholds_groups:
        withheld_lines = [f"{column}: {', '.join(names)}" for column, names in guard.withheld_names.items() if names]
        yield Text(
            [f"withheld, alone or with others: {line}" for line in withheld_lines] or ["No segment is withheld."],
            has_bullets=True,
        )
    facts = [
        quality_check.what
        for quality_check in findings.customers.quality_checks
        if quality_check.section == PRIVACY_SECTION
    ]
    if settings.pseudonymise:
        facts += [f"pseudonyms instead of: {', '.join(settings.pseudonymise)}", STILL_PERSONAL]
    facts += [f"orders older than {settings.retention} are ignored"] * bool(settings.retention)
    facts += ["people who objected are excluded from everything"] * bool(settings.suppression)
    yield Text(facts or ["Customers are shown by their own ids."], has_bullets=True)
