"""Destinations of audiences, one file each; `segcli.exporters` says what such a file offers."""
