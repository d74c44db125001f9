"""Typed columns of order lines, and what may become of a line."""

FATES = (
    "void_order",
    "no_customer_id",
    "unreadable_date",
    "unreadable_amount",
    "excluded_id",
    "return_excluded",
    "free_line",
    "after_as_of",
    "past_retention",
)
POLICIES = FATES[5:]  # what leaves out lines that could be used
KEPT = -1
CUSTOMER, ORDER, DAY, FATE, RETURNED = "customer", "order_name", "day", "fate", "is_back"
MONEY, REFUNDED, ITEMS, DISCOUNTED = "money_units", "refunded_units", "item_units", "has_discount"
CURRENCY, RATE, HUGE, SIZE, BACK, FREE = "money_in", "rate", "is_huge", "size", "back", "is_free"
VOID = "void_"  # begins the name of the column that tells which lines another one makes void
