"""One pair of files per provider: flows in `<name>.py`, facts and prices in `<name>.toml`.

The folder is the registry: nothing else lists the providers.
"""
