"""The parse limit: pyarrow reads all columns and does nothing else.

python parse_realistic_all.py ORDERS.csv
"""

import sys

from pyarrow import csv

print(csv.read_csv(sys.argv[1]).num_rows)
