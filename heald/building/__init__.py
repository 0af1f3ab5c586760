"""C text into a cached binary, for subjects and for the engine."""
