"""Results -> text: what a command found, as blocks for people and as rows and JSON for machines."""
