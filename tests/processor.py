"""Processor time: what a budget in a test is made of, since a busy machine takes none of it."""

from __future__ import annotations

import os


def spent() -> float:
    """Return seconds so far; a budget in a test is a difference of two of these."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
