"""`ingest.lookups:` tables of your own or of third parties that describe postcodes, products, days or customers."""

from typing import Annotated

from pydantic import Field

from segcli.config.section import PATH_MARK, Section

LookupName = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]


class LookupSource(Section):
    """One lookup table: location, the column that it describes, and the columns to add."""

    path: str = Field(min_length=1, description="Your file.", json_schema_extra=PATH_MARK)
    by: str = Field(
        min_length=1,
        description="Column whose values the file describes: customer_id, email, phone, or a column of the customers "
        "or of the order lines, for example postcode, product or order_date.",
    )
    key: str | None = Field(None, description="Column of the file with these values. Default: the column named as by.")
    columns: list[str] = Field(default_factory=list, description="Columns to add. Default: all others.")
    encoding: str | None = Field(None, description="Text encoding, for example cp1252. Default: UTF-8.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        None, description="Field delimiter. Default: detected."
    )
    decimal: str | None = Field(None, pattern=r"^[.,]$", description="Decimal mark of numbers. Default: detected.")
