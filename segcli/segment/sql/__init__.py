"""SQL that computes a segmentation in a database: a SELECT for each dialect."""
