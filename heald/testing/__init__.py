"""pytest tests made of all this."""
