"""A failure of real threads, searched for in the explorer."""
