"""Destinations of audiences, one module each; `segcli.exporters` documents their interface."""
