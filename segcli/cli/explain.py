"""segcli explain: what a reason code means and what to do about it."""

from typing import Annotated

from typer import Argument

from segcli.cli.options import Asked
from segcli.cli.streams import write
from segcli.errors import UsageProblem

Code = Annotated[
    str | None, Argument(help="A reason code, such as no_customer_id; none lists them all.", metavar="CODE")
]


def command(code: Code = None, *, asked: Asked) -> None:  # noqa: ARG001 - every command takes the shared options
    """Explain why lines are rejected or ignored.

    The codes stand in the rejects file, in run.json and in JSON output; they do not change.
    """
    from segcli.ingest.reasons import REASONS

    if code is None:
        write("".join(f"{one.code:<24}{one.verdict:<10}{one.short}\n" for one in REASONS.values()))
    elif code in REASONS:
        one = REASONS[code]
        write(f"{one.code} ({one.verdict})\n{one.meaning}\n{one.remedy}\n")
    else:
        raise UsageProblem(f"no reason code '{code}'; known: {', '.join(REASONS)}")
