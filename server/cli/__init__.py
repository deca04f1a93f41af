"""The `weir` command, one module per group of subcommands."""
