"""Evaluation of segmentations: predictive value, drift, drivers, experiments, fairness, disclosure and quality."""
