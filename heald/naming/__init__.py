"""What the author calls an address: from debugging information."""
