"""Dateline: annotated news over HTTP. What was published, who and what is in it, who said what."""

__version__ = "0.1.0"
