"""Where MCP meets Weir: tool families, schemas, arguments, results and errors on the wire."""
