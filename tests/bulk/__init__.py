"""Bulk jobs under crashes, limits and load."""
