"""Report sections, one per file: a module with a TITLE and `blocks(findings)`, named as in report.sections."""
