"""What customers will be worth: order models, the value of an order, cohorts, churn."""
