"""Everything in a failure by the author's names, beside those of the explorer.

The explorer knows ``nodes+16``, ``heap#1.2+8``, ``stack#0+40`` (``csrc/explore/host/names.h``).
This file adds what the author would say, and changes nothing: ``name`` beside ``at``,
``old_name`` and ``new_name`` beside ``old`` and ``new``, and to the trace ``blocks``, what each
block of the heap is. Without debugging information the explorer's names remain.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from heald.naming.blocks import Block, Given, Sources, blocks_of
from heald.naming.objects import Objects, Variable, objects_of
from heald.naming.paths import Spot, spot_in
from heald.naming.types import Type
from heald.naming.values import shown_value

_PLACE = re.compile(r"^(heap|stack|tls)#(\d+)(?:\.\d+)?(?::([^+]+))?\+(\d+)$")
_WORD = 8  # bytes: what a lock, a condition or a semaphore has at least
_SYMBOL = re.compile(r"^([^+~]+)\+(\d+)$")


def source_text(file: str, line: int) -> str:
    """Return a line of a source file; empty if it cannot be read."""
    return linecache.getline(file, line).strip()


class Naming:
    """The names of one trace."""

    def __init__(
        self,
        program: Path,
        trace: Mapping[str, Any],
        *,
        sources: Sources = source_text,
        given: Given | None = None,
    ) -> None:
        self.objects: Objects = objects_of(program)
        self.given = dict(given or {})
        self.blocks = blocks_of(trace["steps"], self.objects, sources, self.given)
        self.threads: dict[int, Mapping[str, Any]] = {
            thread["id"]: thread for thread in trace["threads"]
        }
        self._frames: dict[int, list[Variable]] = {}

    def place(self, raw: str, size: int | None = None) -> str:
        """Name a place; the explorer's name where there is no better one."""
        spot = self._spot(raw, size, None)
        if spot is None:
            return _shortest(raw)
        return spot.path + (f" + {spot.rest} bytes" if spot.rest else "")

    def waited_for(self, raw: str) -> str:
        """Name what a call with no size is about: a lock that begins a struct, not the struct."""
        spot = self._spot(raw, _WORD, None)
        is_one = spot is not None and spot.type.is_opaque and not spot.rest
        return self.place(raw, _WORD if is_one else None)

    def pointed(self, raw: str, wanted: Type | None = None) -> str:
        """Name a pointer's value: ``node#2``, ``&nodes[1]``, ``push``."""
        block = self.blocks.get(raw.removesuffix("+0"))
        if block is not None and self._is_whole(block, wanted):
            return block.name
        symbol = _SYMBOL.match(raw)
        if symbol and self.objects.is_function(symbol[1]):
            return symbol[1] if symbol[2] == "0" else raw
        spot = self._spot(raw, None, wanted)
        if spot is None:
            return _shortest(raw)
        return _to(spot.path) + (f" + {spot.rest} bytes" if spot.rest else "")

    def _is_whole(self, block: Block, wanted: Type | None) -> bool:
        kind = block.type
        return wanted is None or kind is None or wanted.key in (None, kind.key)

    def value(self, raw: str, at: str, size: int) -> str:
        """Write a value as the type of its place has it."""
        spot = self._spot(at, size, None)
        if spot is None or spot.rest:
            return self.pointed(raw) if not _is_number(raw) else raw
        return shown_value(raw, spot.type, size, self.pointed)

    def _spot(self, raw: str, size: int | None, wanted: Type | None) -> Spot | None:
        place = _PLACE.match(raw)
        if place and place[1] == "heap":
            return self._in_block(raw, size, wanted)
        if place and place[1] == "stack":
            return self._in_frame(int(place[2]), int(place[4]), size, wanted)
        if place:
            found = self.objects.variable(place[3] or "")
            owner = f"{whose(int(place[2]))} "
            return self._in_object(found, owner, int(place[4]), size, wanted)
        symbol = _SYMBOL.match(raw)
        if not symbol:
            return None
        found = self.objects.variable(symbol[1])
        return self._in_object(found, "", int(symbol[2]), size, wanted)

    def _in_object(
        self,
        variable: Variable | None,
        owner: str,
        offset: int,
        size: int | None,
        wanted: Type | None,
    ) -> Spot | None:
        if variable is None:
            return None
        spot = spot_in(variable.type, offset, size, wanted)
        return Spot(f"{owner}{variable.name}{spot.path}", spot.type, spot.rest)

    def _in_block(self, raw: str, size: int | None, wanted: Type | None) -> Spot | None:
        name, _, digits = raw.rpartition("+")
        block = self.blocks.get(name)
        if block is None:
            return None
        shown, offset = block.name, int(digits)
        type = block.type
        if type is None or not type.size:
            rest = f"[{offset}]" if offset else ""
            return Spot(f"{shown}{rest}", Type(None))
        path, count = "", block.size // type.size
        if name in self.given:
            spot = spot_in(type, offset, size, wanted)
            return Spot(_through(shown, spot.path), spot.type, spot.rest)
        if count > 1:
            path, offset = f"[{offset // type.size}]", offset % type.size
        spot = spot_in(type, offset, size, wanted)
        return Spot(f"{shown}{path}{spot.path}", spot.type, spot.rest)

    def _in_frame(
        self, thread: int, depth: int, size: int | None, wanted: Type | None
    ) -> Spot | None:
        known = self.threads.get(thread, {})
        if not known.get("frame"):
            return None
        if thread not in self._frames:
            self._frames[thread] = self.objects.locals_of(str(known.get("name")))
        offset = int(known["frame"]) - depth
        there = [
            v for v in self._frames[thread] if v.at <= offset < v.at + max(1, v.type.size)
        ]
        if len({(v.name, v.at) for v in there}) != 1:
            return None
        variable = there[0]
        owner = f"{whose(thread)} "
        return self._in_object(variable, owner, offset - variable.at, size, wanted)


def whose(thread: int) -> str:
    """Say whose a variable is that each thread has of its own."""
    return "main's" if thread == 0 else f"thread {thread}'s"


def _through(pointer: str, path: str) -> str:
    """Write a part of what a pointer of the author's points to."""
    if path.startswith("."):
        return f"{pointer}->{path[1:]}"
    owner, apart, name = pointer.rpartition("'s ")
    return f"{owner}{apart}(*{name}){path}" if path else f"{owner}{apart}*{name}"


def _to(path: str) -> str:
    """Write a pointer to a part: that of a whole that a pointer points to is the pointer."""
    owner, apart, name = path.rpartition("'s ")
    return f"{owner}{apart}{name[1:]}" if name.startswith("*") else f"&{path}"


def name_failure(
    program: Path,
    failure: MutableMapping[str, Any],
    *,
    given: Given | None = None,
) -> None:
    """Add the author's names to a failure whose sites have become places."""
    trace = failure["trace"]
    naming = Naming(program, trace, given=given)
    for place in failure.get("where", ()):
        if place.get("at"):
            place["name"] = naming.place(str(place["at"]), place.get("bytes"))
    name_steps(naming, [*trace["steps"], *trace.get("pending", ())])
    if failure.get("kind") == "uninitialised read" and failure.get("where"):
        _tell_unwritten(failure["where"][0], trace["steps"])
    trace["blocks"] = {
        raw: {"name": block.name, "told": block.told}
        for raw, block in naming.blocks.items()
        if raw not in naming.given
    }


def name_steps(naming: Naming, steps: Sequence[MutableMapping[str, Any]]) -> None:
    """Add names to steps, in place."""
    for step in steps:
        at = step.get("at")
        if not isinstance(at, str) or step["op"] in ("call", "return"):
            continue
        size = step.get("bytes") if step["op"] not in ("alloc", "free") else None
        if step["op"] in ("alloc", "free"):
            step["name"] = naming.pointed(at)
        else:
            step["name"] = naming.place(at, size) if size else naming.waited_for(at)
        for key in ("old", "new"):
            if isinstance(step.get(key), str) and size:
                step[f"{key}_name"] = naming.value(step[key], at, int(size))


def _tell_unwritten(
    place: Mapping[str, Any], steps: Sequence[MutableMapping[str, Any]]
) -> None:
    """Say of the read that failed that nobody had written: its value is what lay there since."""
    same = ("thread", "at", "line")
    read = [s for s in steps if all(s.get(key) == place.get(key) for key in same)]
    if read and "old" in read[-1]:
        read[-1]["old_name"] = "uninitialised"


def _is_number(raw: str) -> bool:
    return raw.lstrip("-").isdigit() or raw.startswith("0x")


def _shortest(raw: str) -> str:
    """Say of a place without a type at least whose it is."""
    place = _PLACE.match(raw)
    if place and place[1] == "stack":
        whose = "main" if place[2] == "0" else f"thread {place[2]}"
        return f"a local of {whose} ({place[4]} bytes deep)"
    return raw.removesuffix("+0")
