"""Words of each language (names of columns, months and statuses); a package, so that zip archives can be read."""
