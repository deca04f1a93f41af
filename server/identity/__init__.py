"""People, their workspaces, browsers and keys: who somebody is, as far as Weir itself keeps it."""
