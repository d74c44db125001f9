"""As duckdb_plain_rfm.py, lines grouped to orders first.

python duckdb_plain_rfm_orders_first.py ORDERS.csv CUSTOMERS.csv
"""

import sys

import duckdb

QUERY = """
copy (
  with orders as (
    select customer_id, order_id, max(order_date) as day, sum(quantity * unit_price) as amount
    from read_csv($source) group by customer_id, order_id
  ),
  customers as (
    select customer_id, max(day) as last_order, count(*) as orders, sum(amount) as revenue
    from orders group by customer_id
  ),
  dated as (
    select *, (select max(last_order) + 1 from customers) - last_order as recency_days, count(*) over () as n
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

duckdb.execute(QUERY, {"source": sys.argv[1], "target": sys.argv[2]})
