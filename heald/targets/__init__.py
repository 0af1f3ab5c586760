"""What can be run for a slice of time, and where it is found."""
