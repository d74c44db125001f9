"""`limits:` bounds on the work of a search."""

from pydantic import Field

from segcli.config.section import Section


class LimitsSettings(Section):
    """`limits:` maximum number of steps of a search."""

    choices: int = Field(
        100_000,
        ge=1,
        description="Maximum number of segment combinations that target evaluates. At the limit it uses the best one "
        "so far and prints a note.",
    )
