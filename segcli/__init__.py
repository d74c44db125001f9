"""segcli: customer segmentation from CSV exports."""

__version__ = "0.1.0"
