"""Every column name that is read or written, spelled once, with its kind.

The kind decides how text becomes a value when a table is read back, and how a value is shown.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What the text of a column stands for."""

    ID = "id"
    TEXT = "text"
    DATE = "date"
    COUNT = "count"
    NUMBER = "number"
    DAYS = "days"
    MONEY = "money"
    CONTENT = "content"  # numbers or text: only the values tell


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
REFUNDED = "refunded"  # money given back for the order or line beside it
IS_RETURN = "is_return"  # decided when the line is cleaned, not read
DISCOUNTED = "discounted"  # likewise

TRANSACTIONS: Mapping[str, Kind] = MappingProxyType(
    {
        CUSTOMER_ID: Kind.ID,
        ORDER_ID: Kind.ID,
        ORDER_DATE: Kind.DATE,
        AMOUNT: Kind.MONEY,
        QUANTITY: Kind.NUMBER,
        UNIT_PRICE: Kind.MONEY,
        PRODUCT: Kind.TEXT,
        CATEGORY: Kind.TEXT,
        CHANNEL: Kind.TEXT,
        DEVICE: Kind.TEXT,
        OS: Kind.TEXT,
        PAYMENT: Kind.TEXT,
        CURRENCY: Kind.TEXT,
        DISCOUNT: Kind.MONEY,
        MARGIN: Kind.MONEY,
        REFUNDED: Kind.MONEY,
    }
)

# One row per customer: what the reduction of the orders measures.
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
CV_DAYS_BETWEEN_ORDERS = "cv_days_between_orders"  # their standard deviation / their mean
LAST_GAP_DAYS = "last_gap_days"  # from the last order but one to the last
DISCOUNT_SHARE = "discount_share"  # of order lines
DISTINCT_DEVICES = "distinct_devices"
DISTINCT_PRODUCTS = "distinct_products"
DISTINCT_CATEGORIES = "distinct_categories"

MEASURES: Mapping[str, Kind] = MappingProxyType(
    {
        FIRST_ORDER: Kind.DATE,
        LAST_ORDER: Kind.DATE,
        RECENCY_DAYS: Kind.DAYS,
        TENURE_DAYS: Kind.DAYS,
        ORDERS: Kind.COUNT,
        ORDER_LINES: Kind.COUNT,
        ITEMS: Kind.NUMBER,
        REVENUE: Kind.MONEY,
        REFUNDS: Kind.MONEY,
        AVERAGE_ORDER_VALUE: Kind.MONEY,
        MEDIAN_ORDER_VALUE: Kind.MONEY,
        LARGEST_ORDER: Kind.MONEY,
        MEAN_DAYS_BETWEEN_ORDERS: Kind.NUMBER,
        CV_DAYS_BETWEEN_ORDERS: Kind.NUMBER,
        LAST_GAP_DAYS: Kind.DAYS,
        DISCOUNT_SHARE: Kind.NUMBER,
        DISTINCT_PRODUCTS: Kind.COUNT,
        DISTINCT_CATEGORIES: Kind.COUNT,
        DISTINCT_DEVICES: Kind.COUNT,
    }
)

# The measures that `segcli rfm` scores or writes whatever its settings are.
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

# The most frequent value among a customer's order lines; `category` of a line becomes `top_category`.
TOP = "top_"
DOMINANT = (CATEGORY, CHANNEL, DEVICE, OS, PAYMENT)

# Who the customer is, from the customer file.
GENDER, CITY, REGION, COUNTRY = "gender", "city", "region", "country"
EMAIL, PHONE, POSTCODE = "email", "phone", "postcode"
FIRST_NAME, LAST_NAME = "first_name", "last_name"
BIRTH_DATE, BIRTH_YEAR, AGE = "birth_date", "birth_year", "age"
INCOME, EDUCATION, OCCUPATION = "income", "education", "occupation"
MARITAL_STATUS, CHILDREN, HOUSEHOLD_SIZE = "marital_status", "children", "household_size"
LATITUDE, LONGITUDE = "latitude", "longitude"
CLIMATE, POPULATION, URBAN_RURAL = "climate", "population", "urban_rural"  # of the place a customer lives in
EMAIL_CONSENT = "email_consent"
PHONE_CONSENT = "phone_consent"  # to calls and text messages
REFERRER = "referrer"  # the customer id of who brought this customer
POINTS = "points"  # of a loyalty programme
NPS, CSAT, CES, SENTIMENT = "nps", "csat", "ces", "sentiment"
TALK_SECONDS, HOLD_SECONDS, WRAP_SECONDS, CONTACTS = "talk_seconds", "hold_seconds", "wrap_seconds", "contacts"

ATTRIBUTES: Mapping[str, Kind] = MappingProxyType(
    {
        BIRTH_DATE: Kind.DATE,
        BIRTH_YEAR: Kind.COUNT,
        AGE: Kind.COUNT,
        GENDER: Kind.TEXT,
        INCOME: Kind.CONTENT,
        EDUCATION: Kind.CONTENT,
        OCCUPATION: Kind.TEXT,
        MARITAL_STATUS: Kind.TEXT,
        CHILDREN: Kind.COUNT,
        HOUSEHOLD_SIZE: Kind.COUNT,
        CITY: Kind.TEXT,
        REGION: Kind.TEXT,
        COUNTRY: Kind.TEXT,
        POSTCODE: Kind.ID,
        LATITUDE: Kind.NUMBER,
        LONGITUDE: Kind.NUMBER,
        CLIMATE: Kind.TEXT,
        POPULATION: Kind.NUMBER,
        URBAN_RURAL: Kind.TEXT,
        EMAIL: Kind.ID,
        PHONE: Kind.ID,
        FIRST_NAME: Kind.ID,
        LAST_NAME: Kind.ID,
        EMAIL_CONSENT: Kind.TEXT,
        PHONE_CONSENT: Kind.TEXT,
        REFERRER: Kind.ID,
        POINTS: Kind.NUMBER,
        DEVICE: Kind.TEXT,
        OS: Kind.TEXT,
    }
)

# Customer-table columns that repeat the most frequent value of a text column of the order lines.
DESCRIPTIONS = (*(TOP + name for name in DOMINANT), COUNTRY, REGION, CITY, POSTCODE, GENDER)

# How a person is reached or named; exports need it, segments do not.
PERSONAL = (EMAIL, PHONE, FIRST_NAME, LAST_NAME)

# What is said of a whole order, where an export has several lines for one.
ORDER_FIELDS = (
    CUSTOMER_ID,
    ORDER_DATE,
    AMOUNT,
    REFUNDED,
    CURRENCY,
    CHANNEL,
    DEVICE,
    OS,
    PAYMENT,
    *(GENDER, CITY, REGION, COUNTRY, EMAIL, PHONE),
)

RESPONSES: Mapping[str, Kind] = MappingProxyType(
    {
        NPS: Kind.NUMBER,
        CSAT: Kind.NUMBER,
        CES: Kind.NUMBER,
        SENTIMENT: Kind.CONTENT,
        TALK_SECONDS: Kind.NUMBER,
        HOLD_SECONDS: Kind.NUMBER,
        WRAP_SECONDS: Kind.NUMBER,
        CONTACTS: Kind.NUMBER,
    }
)

# What segmentation adds.
R_SCORE = "r_score"
F_SCORE = "f_score"
M_SCORE = "m_score"
RFM_SCORE = "rfm_score"
SEGMENT = "_segment"
RFM_SEGMENT = "rfm" + SEGMENT
CLUSTER_SEGMENT = "cluster" + SEGMENT
CLUSTER_MARGIN = "cluster_margin"
CLUSTER_OUTSIDE = "cluster_outside"  # yes: further from its segment than any customer the model was found on
CLUSTER_SECOND = "cluster_second"  # the segment a customer would be in otherwise

P_ALIVE, EXPECTED_ORDERS, EXPECTED_ORDER_VALUE = "p_alive", "expected_orders", "expected_order_value"
CLV, CLV_LOW, CLV_HIGH, P_NEXT = "clv", "clv_low", "clv_high", "p_next"
SCORES: Mapping[str, Kind] = MappingProxyType(
    {
        R_SCORE: Kind.COUNT,
        F_SCORE: Kind.COUNT,
        M_SCORE: Kind.COUNT,
        RFM_SCORE: Kind.NUMBER,
        CLUSTER_MARGIN: Kind.NUMBER,
        CLUSTER_SECOND: Kind.TEXT,
        CLUSTER_OUTSIDE: Kind.TEXT,
        P_ALIVE: Kind.NUMBER,
        EXPECTED_ORDERS: Kind.NUMBER,
        EXPECTED_ORDER_VALUE: Kind.MONEY,
        CLV: Kind.MONEY,
        CLV_LOW: Kind.MONEY,
        CLV_HIGH: Kind.MONEY,
        P_NEXT: Kind.NUMBER,
    }
)

# One row per segment.
NAME = "segment"
CUSTOMERS = "customers"
SHARE = "share"
REVENUE_SHARE = "revenue_share"
MEAN_RECENCY_DAYS = "mean_recency_days"
MEAN_ORDERS = "mean_orders"
MEAN_REVENUE = "mean_revenue"
MEAN_ORDER_VALUE = "mean_order_value"

# Columns of a table that segcli wrote or that holds one row per customer; unknown columns are judged by content.
CUSTOMER_TABLE: Mapping[str, Kind] = MappingProxyType(
    {CUSTOMER_ID: Kind.ID, **MEASURES, **ATTRIBUTES, **RESPONSES, **SCORES}
)

# Measures that describe people; the others say nearly the same and would crowd them out of a portrait.
PORTRAIT = (
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

ATTITUDE, PSYCHOGRAPHIC = "attitude_", "psychographic"  # scores of attitudes: their beginning, and their group

BEHAVIOUR = "behaviour"  # the group of features that is the default

# Named groups a clustering may ask for instead of single columns.
FEATURE_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        BEHAVIOUR: (RECENCY_DAYS, ORDERS, REVENUE),
        "demographic": (AGE, GENDER, INCOME, EDUCATION, MARITAL_STATUS, CHILDREN),
        "geographic": (COUNTRY, REGION),
        "technographic": (DEVICE, OS, TOP + DEVICE, TOP + OS, TOP + PAYMENT),
        "satisfaction": (NPS, CSAT, CES),
    }
)


def is_computed(name: str) -> bool:
    """Return whether segcli computes this customer-table column from order lines."""
    return name in MEASURES or name in DESCRIPTIONS


def kind(name: str) -> Kind:
    """The kind of a customer-table column."""
    if name.endswith(SEGMENT) or name.startswith(TOP):
        return Kind.TEXT
    return CUSTOMER_TABLE.get(name, Kind.CONTENT)
