"""What the report withholds, and what was done to protect people."""

from collections.abc import Iterator

from segcli.customers.anonymity import PRIVACY
from segcli.reports.blocks import Block, Text
from segcli.reports.report import Findings

TITLE = "Privacy"
STILL_PERSONAL = (
    "Pseudonyms are personal data still: whoever has the key, or other facts, can tell who is who (GDPR, recital 26)."
)


def blocks(findings: Findings) -> Iterator[Block]:
    """Audience and smallest group, what is withheld, pseudonyms, k and l."""
    settings, shield = findings.privacy, findings.shield
    if settings.withholds:
        limit = f"groups of fewer than {settings.smallest} customers are withheld"
    else:
        limit = f"nothing is withheld; segments of fewer than {settings.small_numbers} customers are marked"
    yield Text([f"For {settings.audience} readers: {limit}."])
    if shield is not None and settings.withholds:
        hidden = [f"{column}: {', '.join(names)}" for column, names in shield.names.items() if names]
        yield Text([f"withheld, alone or with others: {one}" for one in hidden] or ["Nothing had to be."], bullets=True)
    facts = [v.what for v in findings.customers.verdicts if v.section == PRIVACY]
    if settings.pseudonymise:
        facts += [f"pseudonyms instead of: {', '.join(settings.pseudonymise)}", STILL_PERSONAL]
    facts += [f"orders older than {settings.retention} are ignored"] * bool(settings.retention)
    facts += ["people who objected are left out of everything"] * bool(settings.suppression)
    yield Text(facts or ["Customers are shown by their own ids."], bullets=True)
