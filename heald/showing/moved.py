"""The system calls of a transfer as steps, so that they are told and stepped through as others are.

One thread; each call changes how many bytes its kind has moved so far. What the script did to
the call stands beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any


def moved(transfer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the trace of a transfer (``heald.showing.evidence``); None where there is none."""
    if not transfer or not transfer["calls"]:
        return None
    so_far: Counter[str] = Counter()
    steps = []
    for call in transfer["calls"]:
        name, returned = call["name"], call["returned"]
        before = so_far[name]
        so_far[name] += max(0, returned)
        step: dict[str, Any] = {"thread": 1, "op": "system call", "at": name}
        step |= {"name": f"bytes by {name}", "text": call["text"]}
        step |= {"old": str(before), "new": str(so_far[name])}
        if call["script"]:
            step["more"] = [f"the script: {call['script']}"]
        if 0 <= returned < call["asked"]:
            left = call["asked"] - returned
            step["more"] = [*step.get("more", ()), f"{left:,} bytes fewer than asked for"]
        steps.append(step)
    return {"threads": [{"id": 1, "name": "transfer"}], "steps": steps}
