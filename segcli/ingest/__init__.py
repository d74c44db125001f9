"""Exports -> clean tables: dialect, recognition of columns, numbers, dates, what counts as an order."""
