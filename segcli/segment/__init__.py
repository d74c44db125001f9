"""Segmentation of customers: RFM, clustering, rules and bases, and the plug-ins they use."""
