"""Durable work over many rows, which clients know as bulk jobs."""
