"""Report sections, one module each, named as in report.sections, with TITLE and `build_blocks(findings)`."""
