"""Read exports into clean tables: dialect, column recognition, numbers, dates, and order policies."""
