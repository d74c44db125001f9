"""`limits:` bounds on the work of a search."""

from pydantic import Field

from segcli.config.section import Section


class LimitsSettings(Section):
    """`limits:` steps after which a search ends with the best that it found."""

    choices: int = Field(
        100_000,
        ge=1,
        description="Choices of segments that target tries; after them it takes the best of these, with a note.",
    )
