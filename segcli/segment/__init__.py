"""Customers -> Segmentation: rfm, cluster, and the plug-ins they use."""
