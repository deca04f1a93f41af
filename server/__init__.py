"""Weir: a metered MCP server over B2B enrichment providers."""

__version__ = "0.1.0"
