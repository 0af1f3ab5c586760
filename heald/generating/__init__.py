"""Scenarios: drawn, enumerated, made smaller."""
