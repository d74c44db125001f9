"""Why a column of dates is refused as a whole, each with the way out."""

from collections.abc import Sequence

from segcli.ingest.calendars import explain_year


class DateError(ValueError):
    """A column that no one format reads for sure; `remedy` says what would settle it."""

    remedy = "Give the format with --date-format, as strptime has it"


class AmbiguousDateError(DateError):
    """Several formats read the whole column, and differ; `example` is the first value they read differently."""

    def __init__(self, formats: Sequence[str], example: str) -> None:
        super().__init__(f"every value reads by {' and by '.join(formats)} (first: {example})")
        self.formats, self.example = formats, example
        flags = [f"--date-format '{date_format}'" for date_format in formats]
        self.remedy = f"Say which: {'   or   '.join(flags)}"


class MixedDateFormatsError(DateError):
    """No single format reads the column; `counts` says how many lines each of the best reads."""

    remedy = "Choose one with --date-format; the other lines are then rejected"

    def __init__(self, format_counts: Sequence[tuple[str, int]]) -> None:
        super().__init__(
            "dates in several formats: "
            + ", ".join(f"{count:,} by {date_format}" for date_format, count in format_counts)
        )


class UnknownDateFormatError(DateError):
    """No known format reads most of the column; `example` is its first value, `way_out` options that read it."""

    def __init__(self, example: str, options: str = "") -> None:
        super().__init__(f"no date format fits (first: {example})")
        self.example = example
        self.remedy = f"Try {options}" if options else self.remedy


class InvalidDateFormatError(DateError):
    """The declared format is none."""

    remedy = "Formats are strptime's, such as %d/%m/%Y"


class MixedOffsetsError(DateError):
    """Dates carry different offsets from UTC, so days depend on a time zone that nobody named."""

    remedy = "Name the zone: --set ingest.transactions.timezone=Europe/Berlin"


class TwoDigitYearError(DateError):
    """Years have two digits, and nobody said of which century."""

    remedy = "Say in which hundred years they lie: --set ingest.transactions.century=1950"


class TwoDigitCalendarYearError(DateError):
    """Years have two digits in a calendar other than the Gregorian one."""

    remedy = "Write years in full, or as Gregorian years"


class YearRangeError(DateError):
    """A format reads most of the column, but with years that no order has; they may be of another calendar."""

    def __init__(self, example: str, year: int, date_format: str, year_range: tuple[int, int]) -> None:
        guess, self.remedy = explain_year(year)
        super().__init__(
            f"'{example}' reads by {date_format} as the year {year}{guess}; "
            f"segcli reads the years {year_range[0]} to {year_range[1]}"
        )
        self.example = example
