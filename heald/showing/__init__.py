"""An execution in words."""
