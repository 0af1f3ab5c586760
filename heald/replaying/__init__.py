"""See a capsule again."""
