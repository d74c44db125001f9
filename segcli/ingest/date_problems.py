"""Why a column of dates is refused as a whole, each with the way out."""

from collections.abc import Sequence

from segcli.ingest.calendars import describe_years


class DateProblem(ValueError):
    """A column that no one format reads for sure; `remedy` says what would settle it."""

    remedy = "Give the format with --date-format, as strptime has it"


class AmbiguousDates(DateProblem):
    """Several formats read the whole column, and differ; `example` is the first value they read differently."""

    def __init__(self, formats: Sequence[str], example: str) -> None:
        super().__init__(f"every value reads by {' and by '.join(formats)} (first: {example})")
        self.formats, self.example = formats, example
        flags = [f"--date-format '{form}'" for form in formats]
        self.remedy = f"Say which: {'   or   '.join(flags)}"


class MixedDates(DateProblem):
    """No single format reads the column; `counts` says how many lines each of the best reads."""

    remedy = "Choose one with --date-format; the other lines are then rejected"

    def __init__(self, counts: Sequence[tuple[str, int]]) -> None:
        super().__init__("dates in several formats: " + ", ".join(f"{count:,} by {fmt}" for fmt, count in counts))


class UnknownDates(DateProblem):
    """No known format reads most of the column; `example` is its first value, `way_out` options that read it."""

    def __init__(self, example: str, way_out: str = "") -> None:
        super().__init__(f"no date format fits (first: {example})")
        self.example = example
        self.remedy = f"Try {way_out}" if way_out else self.remedy


class NoFormat(DateProblem):
    """The declared format is none."""

    remedy = "Formats are strptime's, such as %d/%m/%Y"


class MixedOffsets(DateProblem):
    """Dates carry different offsets from UTC, so days depend on a time zone that nobody named."""

    remedy = "Name the zone: --set ingest.transactions.timezone=Europe/Berlin"


class ShortYears(DateProblem):
    """Years have two digits, and nobody said of which century."""

    remedy = "Say in which hundred years they lie: --set ingest.transactions.century=1950"


class ShortCalendarYears(DateProblem):
    """Years have two digits in a calendar other than the Gregorian one."""

    remedy = "Write years in full, or as Gregorian years"


class OtherYears(DateProblem):
    """A format reads most of the column, but with years that no order has; they may be of another calendar."""

    def __init__(self, example: str, year: int, form: str, years: tuple[int, int]) -> None:
        guess, self.remedy = describe_years(year)
        super().__init__(
            f"'{example}' reads by {form} as the year {year}{guess}; segcli reads the years {years[0]} to {years[1]}"
        )
        self.example = example
