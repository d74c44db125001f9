"""Customer value: order models, the value of an order, lifetime value, cohorts and churn."""
