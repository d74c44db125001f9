"""The parse limit: pyarrow reads the five columns needed and does nothing else.

python parse_plain_rfm.py ORDERS.csv
"""

import sys

from pyarrow import csv

needed = ["order_id", "order_date", "customer_id", "quantity", "unit_price"]
print(csv.read_csv(sys.argv[1], convert_options=csv.ConvertOptions(include_columns=needed)).num_rows)
