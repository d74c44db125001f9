"""Names and kinds of all columns that segcli reads or writes.

The kind defines how text is parsed when a table is read, and how values are formatted.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ColumnKind(StrEnum):
    """Type of the values in a column."""

    ID = "id"
    TEXT = "text"
    DATE = "date"
    COUNT = "count"
    NUMBER = "number"
    DAYS = "days"
    MONEY = "money"
    CONTENT = "content"  # numbers or text, detected from the values


CUSTOMER_ID = "customer_id"

# One row per order line or order.
ORDER_ID = "order_id"
ORDER_DATE = "order_date"
AMOUNT = "amount"
QUANTITY = "quantity"
UNIT_PRICE = "unit_price"
PRODUCT = "product"
CATEGORY = "category"
CHANNEL = "channel"
DEVICE = "device"
OS = "os"
PAYMENT = "payment"
CURRENCY = "currency"
DISCOUNT = "discount"
MARGIN = "margin"
REFUNDED = "refunded"  # refunded money of the order or line
AMOUNT_AFTER_REFUNDS = "amount_after_refunds"  # blank if nothing was refunded
IS_RETURN = "is_return"  # decided during cleaning, not read from the file
DISCOUNTED = "discounted"  # decided during cleaning, not read from the file
LACKS_MARGIN = "lacks_margin"  # decided during cleaning, not read from the file

TRANSACTION_COLUMNS: Mapping[str, ColumnKind] = MappingProxyType(
    {
        CUSTOMER_ID: ColumnKind.ID,
        ORDER_ID: ColumnKind.ID,
        ORDER_DATE: ColumnKind.DATE,
        AMOUNT: ColumnKind.MONEY,
        QUANTITY: ColumnKind.NUMBER,
        UNIT_PRICE: ColumnKind.MONEY,
        PRODUCT: ColumnKind.TEXT,
        CATEGORY: ColumnKind.TEXT,
        CHANNEL: ColumnKind.TEXT,
        DEVICE: ColumnKind.TEXT,
        OS: ColumnKind.TEXT,
        PAYMENT: ColumnKind.TEXT,
        CURRENCY: ColumnKind.TEXT,
        DISCOUNT: ColumnKind.MONEY,
        MARGIN: ColumnKind.MONEY,
        REFUNDED: ColumnKind.MONEY,
        AMOUNT_AFTER_REFUNDS: ColumnKind.MONEY,
    }
)

# One row per customer: measures computed from the orders.
FIRST_ORDER = "first_order"
LAST_ORDER = "last_order"
RECENCY_DAYS = "recency_days"
TENURE_DAYS = "tenure_days"
ORDERS = "orders"
ORDER_LINES = "order_lines"
ITEMS = "items"
REVENUE = "revenue"
REFUNDS = "refunds"
AVERAGE_ORDER_VALUE = "average_order_value"
MEDIAN_ORDER_VALUE = "median_order_value"
LARGEST_ORDER = "largest_order"
MEAN_DAYS_BETWEEN_ORDERS = "mean_days_between_orders"
CV_DAYS_BETWEEN_ORDERS = "cv_days_between_orders"  # coefficient of variation: standard deviation / mean
LAST_GAP_DAYS = "last_gap_days"  # days between the last two orders
DISCOUNT_SHARE = "discount_share"  # share of order lines with a discount
DISTINCT_DEVICES = "distinct_devices"
DISTINCT_PRODUCTS = "distinct_products"
DISTINCT_CATEGORIES = "distinct_categories"

MEASURES: Mapping[str, ColumnKind] = MappingProxyType(
    {
        FIRST_ORDER: ColumnKind.DATE,
        LAST_ORDER: ColumnKind.DATE,
        RECENCY_DAYS: ColumnKind.DAYS,
        TENURE_DAYS: ColumnKind.DAYS,
        ORDERS: ColumnKind.COUNT,
        ORDER_LINES: ColumnKind.COUNT,
        ITEMS: ColumnKind.NUMBER,
        REVENUE: ColumnKind.MONEY,
        REFUNDS: ColumnKind.MONEY,
        MARGIN: ColumnKind.MONEY,
        AVERAGE_ORDER_VALUE: ColumnKind.MONEY,
        MEDIAN_ORDER_VALUE: ColumnKind.MONEY,
        LARGEST_ORDER: ColumnKind.MONEY,
        MEAN_DAYS_BETWEEN_ORDERS: ColumnKind.NUMBER,
        CV_DAYS_BETWEEN_ORDERS: ColumnKind.NUMBER,
        LAST_GAP_DAYS: ColumnKind.DAYS,
        DISCOUNT_SHARE: ColumnKind.NUMBER,
        DISTINCT_PRODUCTS: ColumnKind.COUNT,
        DISTINCT_CATEGORIES: ColumnKind.COUNT,
        DISTINCT_DEVICES: ColumnKind.COUNT,
    }
)

# Measures that `segcli rfm` scores or writes with any settings.
RFM_MEASURES = (
    FIRST_ORDER,
    LAST_ORDER,
    RECENCY_DAYS,
    TENURE_DAYS,
    ORDERS,
    REVENUE,
    REFUNDS,
    AVERAGE_ORDER_VALUE,
)

# Most frequent value among a customer's order lines; `category` of a line becomes `top_category`.
TOP_PREFIX = "top_"
MODE_COLUMNS = (CATEGORY, CHANNEL, DEVICE, OS, PAYMENT)

# Customer attributes, from the customer file.
GENDER, CITY, REGION, COUNTRY = "gender", "city", "region", "country"
EMAIL, PHONE, POSTCODE = "email", "phone", "postcode"
FIRST_NAME, LAST_NAME = "first_name", "last_name"
BIRTH_DATE, BIRTH_YEAR, AGE = "birth_date", "birth_year", "age"
INCOME, EDUCATION, OCCUPATION = "income", "education", "occupation"
MARITAL_STATUS, CHILDREN, HOUSEHOLD_SIZE = "marital_status", "children", "household_size"
LATITUDE, LONGITUDE = "latitude", "longitude"
CLIMATE, POPULATION, URBAN_RURAL = "climate", "population", "urban_rural"  # of the customer's place of residence
EMAIL_CONSENT = "email_consent"
PHONE_CONSENT = "phone_consent"  # for calls and text messages
MERGED_IDS = "merged_ids"  # all ids of a customer whose ids segcli merged
REFERRER = "referrer"  # customer id of the customer who made the referral
POINTS = "points"  # loyalty programme points
NPS, CSAT, CES, SENTIMENT = "nps", "csat", "ces", "sentiment"
TALK_SECONDS, HOLD_SECONDS, WRAP_SECONDS, CONTACTS = "talk_seconds", "hold_seconds", "wrap_seconds", "contacts"

ATTRIBUTE_COLUMNS: Mapping[str, ColumnKind] = MappingProxyType(
    {
        BIRTH_DATE: ColumnKind.DATE,
        BIRTH_YEAR: ColumnKind.COUNT,
        AGE: ColumnKind.COUNT,
        GENDER: ColumnKind.TEXT,
        INCOME: ColumnKind.CONTENT,
        EDUCATION: ColumnKind.CONTENT,
        OCCUPATION: ColumnKind.TEXT,
        MARITAL_STATUS: ColumnKind.TEXT,
        CHILDREN: ColumnKind.COUNT,
        HOUSEHOLD_SIZE: ColumnKind.COUNT,
        CITY: ColumnKind.TEXT,
        REGION: ColumnKind.TEXT,
        COUNTRY: ColumnKind.TEXT,
        POSTCODE: ColumnKind.ID,
        LATITUDE: ColumnKind.NUMBER,
        LONGITUDE: ColumnKind.NUMBER,
        CLIMATE: ColumnKind.TEXT,
        POPULATION: ColumnKind.NUMBER,
        URBAN_RURAL: ColumnKind.TEXT,
        EMAIL: ColumnKind.ID,
        PHONE: ColumnKind.ID,
        FIRST_NAME: ColumnKind.ID,
        LAST_NAME: ColumnKind.ID,
        EMAIL_CONSENT: ColumnKind.TEXT,
        PHONE_CONSENT: ColumnKind.TEXT,
        REFERRER: ColumnKind.ID,
        POINTS: ColumnKind.NUMBER,
        DEVICE: ColumnKind.TEXT,
        OS: ColumnKind.TEXT,
    }
)

# Customer-table columns that repeat the most frequent value of a text column of the order lines.
DESCRIPTION_COLUMNS = (*(TOP_PREFIX + name for name in MODE_COLUMNS), COUNTRY, REGION, CITY, POSTCODE, GENDER)

# Text columns of an order line that are kept with it.
LINE_TEXT_COLUMNS = (PRODUCT, *MODE_COLUMNS, COUNTRY, REGION, CITY, POSTCODE, GENDER)

# Contact details and names; exports need them, segments do not.
PERSONAL_COLUMNS = (EMAIL, PHONE, FIRST_NAME, LAST_NAME)

# Columns with one value per order, in exports with several lines per order.
ORDER_FIELDS = (
    CUSTOMER_ID,
    ORDER_DATE,
    AMOUNT,
    REFUNDED,
    AMOUNT_AFTER_REFUNDS,
    CURRENCY,
    CHANNEL,
    DEVICE,
    OS,
    PAYMENT,
    *(GENDER, CITY, REGION, COUNTRY, EMAIL, PHONE),
)

RESPONSE_COLUMNS: Mapping[str, ColumnKind] = MappingProxyType(
    {
        NPS: ColumnKind.NUMBER,
        CSAT: ColumnKind.NUMBER,
        CES: ColumnKind.NUMBER,
        SENTIMENT: ColumnKind.CONTENT,
        TALK_SECONDS: ColumnKind.NUMBER,
        HOLD_SECONDS: ColumnKind.NUMBER,
        WRAP_SECONDS: ColumnKind.NUMBER,
        CONTACTS: ColumnKind.NUMBER,
    }
)

# Columns that segmentation adds.
R_SCORE = "r_score"
F_SCORE = "f_score"
M_SCORE = "m_score"
RFM_SCORE = "rfm_score"
SEGMENT_SUFFIX = "_segment"
RFM_SEGMENT = "rfm" + SEGMENT_SUFFIX
CLUSTER_SEGMENT = "cluster" + SEGMENT_SUFFIX
CLUSTER_MARGIN = "cluster_margin"
CLUSTER_OUTSIDE = "cluster_outside"  # yes: further from its segment's centre than any customer of the fitted data
CLUSTER_SECOND = "cluster_second"  # the second-closest segment

P_ALIVE, EXPECTED_ORDERS, EXPECTED_ORDER_VALUE = "p_alive", "expected_orders", "expected_order_value"
CLV, CLV_LOW, CLV_HIGH, P_NEXT = "clv", "clv_low", "clv_high", "p_next"
P_OUTCOME = "p_outcome"
CLV_UNDISCOUNTED = "clv_undiscounted"
OUTCOME_ORDERS_LOW, OUTCOME_ORDERS_HIGH = "outcome_orders_low", "outcome_orders_high"
OUTCOME_VALUE_LOW, OUTCOME_VALUE_HIGH = "outcome_value_low", "outcome_value_high"
SCORE_COLUMNS: Mapping[str, ColumnKind] = MappingProxyType(
    {
        R_SCORE: ColumnKind.COUNT,
        F_SCORE: ColumnKind.COUNT,
        M_SCORE: ColumnKind.COUNT,
        RFM_SCORE: ColumnKind.NUMBER,
        CLUSTER_MARGIN: ColumnKind.NUMBER,
        CLUSTER_SECOND: ColumnKind.TEXT,
        CLUSTER_OUTSIDE: ColumnKind.TEXT,
        P_ALIVE: ColumnKind.NUMBER,
        EXPECTED_ORDERS: ColumnKind.NUMBER,
        EXPECTED_ORDER_VALUE: ColumnKind.MONEY,
        CLV: ColumnKind.MONEY,
        CLV_LOW: ColumnKind.MONEY,
        CLV_HIGH: ColumnKind.MONEY,
        CLV_UNDISCOUNTED: ColumnKind.MONEY,
        OUTCOME_ORDERS_LOW: ColumnKind.COUNT,
        OUTCOME_ORDERS_HIGH: ColumnKind.COUNT,
        OUTCOME_VALUE_LOW: ColumnKind.MONEY,
        OUTCOME_VALUE_HIGH: ColumnKind.MONEY,
        P_NEXT: ColumnKind.NUMBER,
        P_OUTCOME: ColumnKind.NUMBER,
    }
)

# One row per segment.
SEGMENT_NAME = "segment"
CUSTOMERS = "customers"
SHARE = "share"
REVENUE_SHARE = "revenue_share"
MEAN_RECENCY_DAYS = "mean_recency_days"
MEAN_ORDERS = "mean_orders"
MEAN_REVENUE = "mean_revenue"
MEAN_ORDER_VALUE = "mean_order_value"

# Known columns of a customer table, or of a table that segcli wrote; other columns are typed by their content.
CUSTOMER_TABLE_COLUMNS: Mapping[str, ColumnKind] = MappingProxyType(
    {CUSTOMER_ID: ColumnKind.ID, **MEASURES, **ATTRIBUTE_COLUMNS, **RESPONSE_COLUMNS, **SCORE_COLUMNS}
)

# Measures used in portraits; the others are nearly redundant and would displace them.
PORTRAIT_MEASURES = (
    RECENCY_DAYS,
    TENURE_DAYS,
    ORDERS,
    REVENUE,
    REFUNDS,
    AVERAGE_ORDER_VALUE,
    MEAN_DAYS_BETWEEN_ORDERS,
    DISTINCT_PRODUCTS,
    DISTINCT_CATEGORIES,
)

ATTITUDE_PREFIX, PSYCHOGRAPHIC = "attitude_", "psychographic"  # attitude scores: column prefix and group name

BEHAVIOUR = "behaviour"  # the default group of features

# Named groups of features that `cluster.features` accepts in addition to single columns.
FEATURE_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        BEHAVIOUR: (RECENCY_DAYS, ORDERS, REVENUE),
        "demographic": (AGE, GENDER, INCOME, EDUCATION, MARITAL_STATUS, CHILDREN),
        "geographic": (COUNTRY, REGION),
        "technographic": (DEVICE, OS, TOP_PREFIX + DEVICE, TOP_PREFIX + OS, TOP_PREFIX + PAYMENT),
        "satisfaction": (NPS, CSAT, CES),
    }
)


def is_computed(name: str) -> bool:
    """Return whether segcli computes this customer-table column from order lines."""
    return name in MEASURES or name in DESCRIPTION_COLUMNS


def column_kind(name: str) -> ColumnKind:
    """Return the kind of a customer-table column."""
    if name.endswith(SEGMENT_SUFFIX) or name.startswith(TOP_PREFIX):
        return ColumnKind.TEXT
    return CUSTOMER_TABLE_COLUMNS.get(name, ColumnKind.CONTENT)
