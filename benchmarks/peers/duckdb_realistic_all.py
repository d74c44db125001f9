"""Realistic order lines to customers with all measures: `python duckdb_realistic_all.py ORDERS.csv CUSTOMERS.csv`.

One scan of the file feeds orders and products. All lines of an order have the same date, country and sign of quantity.
"""

import sys

import duckdb

QUERY = """
copy (
  with lines as materialized (
    select * from read_csv($source, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
      columns = {
        'order_id': 'integer', 'order_date': 'date', 'customer_id': 'integer', 'product': 'varchar',
        'quantity': 'integer', 'unit_price': 'double', 'country': 'varchar'
      })
  ),
  orders as materialized (
    select customer_id, any_value(quantity) > 0 as is_purchase, any_value(order_date) as day, count(*) as lines,
      sum(quantity) as items, round(sum(quantity * unit_price), 2) as amount, any_value(country) as country
    from lines group by customer_id, order_id
  ),
  products as (
    select customer_id, count(distinct product) as distinct_products
    from lines where quantity > 0 group by customer_id
  ),
  countries as (
    select customer_id, first(country order by lines desc, country) as country
    from (
      select customer_id, country, sum(lines) as lines
      from orders where is_purchase group by customer_id, country
    )
    group by customer_id
  ),
  gaps as (
    select customer_id, stddev_samp(gap) / nullif(avg(gap), 0) as variation
    from (
      select customer_id, day - lag(day) over (partition by customer_id order by day) as gap
      from orders where is_purchase
    )
    group by customer_id
  ),
  customers as (
    select customer_id, min(day) filter (is_purchase) as first_order, max(day) filter (is_purchase) as last_order,
      max(day, 2) filter (is_purchase) as last_two, count(*) filter (is_purchase) as orders,
      sum(lines) filter (is_purchase) as order_lines, sum(items) filter (is_purchase) as items,
      round(sum(amount), 2) as revenue, round(-coalesce(sum(amount) filter (not is_purchase), 0), 2) as refunds,
      median(amount) filter (is_purchase) as median_amount, max(amount) filter (is_purchase) as largest_order
    from orders group by customer_id having orders > 0
  ),
  dated as (
    select *, max(last_order) over () + 1 as as_of, as_of - last_order as recency_days, count(*) over () as n
    from customers
  ),
  ranked as (
    select *, rank() over (order by recency_days desc) as r, rank() over (order by orders) as f,
      rank() over (order by revenue) as m
    from dated
  )
  select customer_id, first_order, last_order, recency_days, as_of - first_order as tenure_days, orders, order_lines,
    items, revenue, refunds, round(revenue / orders, 6) as average_order_value,
    round(median_amount, 6) as median_order_value, largest_order,
    round((last_order - first_order) / nullif(orders - 1, 0), 6) as mean_days_between_orders,
    round(variation, 6) as cv_days_between_orders, last_two[1] - last_two[2] as last_gap_days,
    distinct_products, country,
    5 * (r - 1) // n + 1 as r_score, 5 * (f - 1) // n + 1 as f_score, 5 * (m - 1) // n + 1 as m_score
  from ranked join gaps using (customer_id) join products using (customer_id) join countries using (customer_id)
  order by customer_id
) to $target (header)
"""

duckdb.execute("set preserve_insertion_order = false")
duckdb.execute(QUERY, {"source": sys.argv[1], "target": sys.argv[2]})
