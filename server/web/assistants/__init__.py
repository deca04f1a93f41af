"""How each assistant is connected: the one home of what `/clients`, `weir connect`, `serve` and the README say."""
