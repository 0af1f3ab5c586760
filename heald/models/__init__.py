"""What a sequential object would have returned."""
