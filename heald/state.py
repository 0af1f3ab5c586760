"""Where heald keeps what it finds: below the directory in which it is run.

Two names of their own file, because everything that only writes there would otherwise load
what it writes.
"""

from __future__ import annotations

from pathlib import Path

#: Capsules and results of a project.
STATE = Path(".heald")
CAPSULES = STATE / "capsules"
