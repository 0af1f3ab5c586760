"""The native runner: scenarios on real threads, in processes that may crash and hang.

``run_native`` runs one scenario, ``NativeSession`` keeps its processes for many. Only names
are here.
"""

from __future__ import annotations

from heald.native.result import NativeResult, Power
from heald.native.session import NativeSession, run_native
from heald.native.settings import Settings

__all__ = [
    "NativeResult",
    "NativeSession",
    "Power",
    "Settings",
    "run_native",
]
