"""Names of columns, months and statuses, one file per language; a package, so that archives of segcli can be read."""
