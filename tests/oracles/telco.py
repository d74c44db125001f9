"""A table of telephone customers in the style of public churn data, with planted log odds of leaving."""

import numpy as np
import pandas as pd


def telephone_customers(size: int = 5000, seed: int = 1) -> pd.DataFrame:
    """Customers with contract, services and charges; `Churn` is Yes or No. New customers have no total charges."""
    chance = np.random.default_rng(seed)
    tenure = chance.integers(0, 73, size)
    network = chance.choice(["DSL", "Fiber optic", "No"], size, p=[0.34, 0.44, 0.22])
    contract = chance.choice(["Month-to-month", "One year", "Two year"], size, p=[0.55, 0.21, 0.24])
    base = np.select([network == "No", network == "DSL"], [20.0, 55.0], 85.0)
    monthly = np.round(base + chance.normal(0, 8, size), 2)
    services = [np.where(network == "No", "No internet service", chance.choice(["Yes", "No"], size)) for _ in "ab"]
    senior = (chance.random(size) < 0.16).astype(int)
    log_odds = -0.3 - 0.035 * tenure + 1.0 * (network == "Fiber optic") + 0.01 * (monthly - 60) + 0.3 * senior
    log_odds += -1.0 * (contract == "One year") - 1.9 * (contract == "Two year") - 0.5 * (services[0] == "Yes")
    left = chance.random(size) < 1 / (1 + np.exp(-log_odds))
    return pd.DataFrame(
        {
            "customerID": [f"{number:05}-TEL" for number in range(size)],
            "gender": chance.choice(["Male", "Female"], size),
            "SeniorCitizen": senior,
            "Partner": chance.choice(["Yes", "No"], size),
            "tenure": tenure,
            "InternetService": network,
            "TechSupport": services[0],
            "OnlineBackup": services[1],
            "Contract": contract,
            "PaymentMethod": chance.choice(["Electronic check", "Mailed check", "Credit card (automatic)"], size),
            "MonthlyCharges": monthly,
            "TotalCharges": np.where(tenure == 0, " ", (tenure * monthly).round(2).astype(str)),
            "Churn": np.where(left, "Yes", "No"),
        }
    )
