"""One budget, one verdict: everything that applies, in turn, and what it covered."""
