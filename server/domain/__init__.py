"""The words of Weir as types: pure, without I/O, clock, environment or logging."""
