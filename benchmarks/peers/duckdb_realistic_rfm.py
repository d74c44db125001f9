"""Realistic order lines to scored customers with duckdb: `python duckdb_realistic_rfm.py ORDERS.csv CUSTOMERS.csv`.

Returns have negative quantities. They lower revenue but are no orders, and customers with returns only are left out.
"""

import sys

import duckdb

QUERY = """
copy (
  with customers as (
    select customer_id, max(order_date) filter (quantity > 0) as last_order,
      count(distinct order_id) filter (quantity > 0) as orders, round(sum(quantity * unit_price), 2) as revenue
    from read_csv($source, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {
      'order_id': 'integer', 'order_date': 'date', 'customer_id': 'integer', 'product': 'varchar',
      'quantity': 'integer', 'unit_price': 'double', 'country': 'varchar'
    })
    group by customer_id having orders > 0
  ),
  dated as (
    select *, max(last_order) over () + 1 - last_order as recency_days, count(*) over () as n
    from customers
  ),
  ranked as (
    select *, rank() over (order by recency_days desc) as r, rank() over (order by orders) as f,
      rank() over (order by revenue) as m
    from dated
  )
  select customer_id, recency_days, orders, revenue,
    5 * (r - 1) // n + 1 as r_score, 5 * (f - 1) // n + 1 as f_score, 5 * (m - 1) // n + 1 as m_score
  from ranked order by customer_id
) to $target (header)
"""

duckdb.execute("set preserve_insertion_order = false")
duckdb.execute(QUERY, {"source": sys.argv[1], "target": sys.argv[2]})
