"""Every execution of a scenario or a program."""
