"""What an author describes, and its table in C."""
