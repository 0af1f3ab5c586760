"""A panic of Rust that nobody takes, in the words that it was told with.

The explorer knows that there was one, and in which thread; std printed where and why, unless
the program put another hook in the place of the one that prints.
"""

from __future__ import annotations

import re
from typing import Any

from heald.kinds import PANIC

_SAID = re.compile(
    r"^thread '(?P<name>.*)'(?: \((?P<number>\d+)\))? panicked at "
    r"(?P<place>(?P<file>.+?):(?P<line>\d+):\d+):\n"
    r"(?P<words>(?:(?!thread '|note: run with).+\n?)*)",
    re.MULTILINE,
)
_THREAD = re.compile(r"^thread (\d+) panicked(.*)$")


def tell_panic(failure: dict[str, Any], output: str) -> None:
    """Say in a failure that is a panic what the thread's last one said, and where it was."""
    found = _THREAD.match(failure["message"])
    if failure["kind"] != PANIC or found is None:
        return  # something else, or told already
    thread, fate = int(found[1]), found[2]
    # The system's numbers of threads, from 1, are those of the explorer, from 0.
    said = [
        each
        for each in _SAID.finditer(failure.get("output") or output)
        if each["number"] in (None, str(thread + 1))
    ]
    if not said:
        return
    last = said[-1]
    name = "main" if thread == 0 else f"thread {thread}"
    if last["name"] not in ("main", "<unnamed>"):
        name += f" '{last['name']}'"
    words = " ".join(last["words"].split())
    failure["message"] = f"{name} panicked at {last['place']}: {words}{fate}"
    if failure["where"]:
        failure["where"][0] |= {
            "thread": thread,
            "file": last["file"],
            "line": int(last["line"]),
            "function": "panic",
        }
