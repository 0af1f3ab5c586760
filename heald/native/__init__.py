"""The native runner: scenarios on real threads, in processes that may crash and hang.

``run_native`` runs one scenario, ``NativeSession`` keeps its processes for many. Only names
are here, loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heald.names import lazily

if TYPE_CHECKING:
    from heald.native.result import NativeResult as NativeResult
    from heald.native.result import Power as Power
    from heald.native.session import NativeSession as NativeSession
    from heald.native.session import run_native as run_native
    from heald.native.settings import Settings as Settings

_HOMES = {
    "NativeResult": "result",
    "NativeSession": "session",
    "Power": "result",
    "Settings": "settings",
    "run_native": "session",
}

__all__ = [*_HOMES]

__getattr__, __dir__ = lazily(__name__, _HOMES)
