"""Pages and checks for people and machines that do not speak MCP."""
