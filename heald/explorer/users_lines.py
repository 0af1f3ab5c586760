"""Places inside what stands for a C++ library, told at the line of the author's that called it.

Parts of libstdc++ are compiled without hooks, so heald compiles its own in their place
(``csrc/cxx``): what happens there happens, for whoever wrote the program, at their call. So does
what has no place at all, such as an exception that nobody catches.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from heald.building.places import SYSTEM

_STANDS_IN = re.compile(r"(^|/)csrc/cxx/")
_TYPE = re.compile(r"of type `(\w+)`")


def tell_at_users_lines(failure: dict[str, Any]) -> None:
    """Give such steps and places the latest line of the author's in their thread."""
    latest: dict[Any, Mapping[str, Any]] = {}
    trace = failure["trace"]
    for step in [*trace["steps"], *trace.get("pending", ())]:
        if _STANDS_IN.search(str(step.get("file", ""))):
            _moved(step, latest)
        elif _is_users(step):
            latest[step["thread"]] = step
    for place in failure["where"]:
        file = str(place["file"])
        if file == "?" or _STANDS_IN.search(file):
            _moved(place, latest)
    if "message" in failure:
        failure["message"] = _TYPE.sub(_demangled, failure["message"])


def _is_users(step: Mapping[str, Any]) -> bool:
    file = str(step.get("file") or "?")
    return file != "?" and not file.startswith(SYSTEM)


def _moved(spot: dict[str, Any], latest: Mapping[Any, Mapping[str, Any]]) -> None:
    user = latest.get(spot.get("thread"))
    if user is not None:
        spot |= {key: user[key] for key in ("file", "line", "function") if key in user}


def _demangled(found: re.Match[str]) -> str:
    """Name a type as its author does; as it is where binutils is missing."""
    tool = shutil.which("c++filt")
    if tool is None:
        return found[0]
    said = subprocess.run([tool, "-t", found[1]], capture_output=True, text=True).stdout
    return f"of type `{said.strip() or found[1]}`"
