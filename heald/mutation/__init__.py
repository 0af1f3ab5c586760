"""Weaken an order and see who notices."""
