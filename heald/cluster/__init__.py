"""More machines than one: agents that run slices and parts of searches, and who asks them."""
