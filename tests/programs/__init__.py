"""Whole C programs, each right as it stands and wrong with one planted bug at a time."""
