"""Builders and renderers of results: blocks for people, rows and JSON for machines."""
