"""Which heald this is: packaging, capsules, databases and agents take it from here."""

VERSION = "0.1.0"
