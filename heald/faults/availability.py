"""What of the fault methods works on this machine, and why the rest does not.

Nothing is assumed from a version number: each check tries the thing itself.
"""

from __future__ import annotations

import functools
import os


@functools.cache
def full_folder() -> str | None:
    """Say why a small tmpfs cannot be mounted, None if it can."""
    return (
        None if os.environ.get("FAULT_FULL") else "no small tmpfs is mounted (needs root)"
    )


@functools.cache
def user_notification() -> str | None:
    """Say why seccomp user notification does not work, None if it does."""
    return "not built yet"
