"""Blocks of the heap: ``node#2`` for the second ``struct node``, and who allocated it.

The heap has no types. What a block holds is told by the line that allocated it
(``malloc(sizeof *node)``, ``new Node``), else by the first pointer with a type that is set to
it. A block that neither tells is ``block#2``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from heald.naming.objects import Objects
from heald.naming.paths import spot_in
from heald.naming.types import Type

Step = Mapping[str, Any]
Sources = Callable[[str, int], str]
#: By the explorer's name of a block: what it is called, and its type, where that is known.
Given = Mapping[str, tuple[str, str | None]]

_NAMED_TYPE = re.compile(
    r"sizeof\s*\(?\s*((?:struct|union)\s+\w+|\w+)\s*\)?(?!\s*[\[*.\w])"
)
_POINTED = re.compile(r"sizeof\s*\(?\s*(?:\*\s*(\w+)|(\w+)\s*\[\s*0\s*\])")
_NEW = re.compile(r"\bnew\s*(?:\([^)]*\))?\s*([A-Za-z_][\w:]*)")
_MADE = re.compile(r"\bmake_(?:shared|unique)\s*<\s*([\w:]+)")
_DECLARED = re.compile(r"((?:struct|union)\s+\w+|\w+)\s*\*\s*(?:const\s+)?(\w+)\s*=")
_LINES_OF_A_CALL = 3


@dataclass
class Block:
    """A block of the heap, as the trace calls it."""

    name: str
    type: Type | None
    size: int
    step: Step
    number: int = 0

    @property
    def told(self) -> str:
        """``struct node #2 (allocated by push at stack.c:18)``, and the like."""
        what = f"{self.type.name} #{self.number}" if self.type is not None else "a block"
        if self.type is None:
            what = f"block #{self.number}, {self.size} bytes"
        elif self.type.size and self.size >= 2 * self.type.size:
            what = f"{what}, {self.size // self.type.size} elements"
        by = self.step.get("function") or ""
        place = ""
        if self.step.get("file"):
            place = f" at {PurePath(self.step['file']).name}:{self.step['line']}"
        return f"{what} (allocated by {by}{place})" if by not in ("", "?") else what


def blocks_of(
    steps: Sequence[Step], objects: Objects, sources: Sources, given: Given
) -> dict[str, Block]:
    """Name every block that a trace allocates, by what the explorer calls it.

    Parameters
    ----------
    given
        Blocks that have their names from elsewhere.
    """
    found: dict[str, Block] = {}
    counts: dict[str, int] = {}
    for step in steps:
        if step["op"] != "alloc" or "at" not in step:
            continue
        raw = str(step["at"]).removesuffix("+0")
        if raw in given:
            type = objects.type_named(given[raw][1] or "")
        else:
            type = _allocated(step, objects, sources)
        block = Block(raw, type, int(step.get("bytes", 0)), step)
        found[raw] = block
    _type_by_pointers(found, steps, objects)
    for raw, block in found.items():
        if raw in given:
            block.name = given[raw][0]
            continue
        word = _short(block.type) if block.type is not None else "block"
        counts[word] = block.number = counts.get(word, 0) + 1
        block.name = f"{word}#{block.number}"
    return found


def _short(type: Type) -> str:
    name = type.plain_name.partition("<")[0] or "block"
    return name.rpartition("::")[2].removeprefix("struct ")


def _allocated(step: Step, objects: Objects, sources: Sources) -> Type | None:
    """Read the type off the line that allocates."""
    if not step.get("file") or step["file"] == "?":
        return None
    size, function = int(step.get("bytes", 0)), str(step.get("function", ""))
    text = ""
    for line in range(step["line"], step["line"] + _LINES_OF_A_CALL):
        text += " " + sources(step["file"], line)
        type = _written(text, function, objects)
        if type is not None and 0 < type.size <= size:
            return type
        if ";" in text:
            break
    return None


def _written(text: str, function: str, objects: Objects) -> Type | None:
    pointed = _POINTED.search(text)
    if pointed:
        variable = objects.pointer_in(function, pointed[1] or pointed[2])
        if variable is not None and variable.is_pointer:
            return variable.target
    for pattern in (_NEW, _MADE, _NAMED_TYPE, _DECLARED):
        found = pattern.search(text)
        type = objects.type_named(found[1]) if found else None
        if type is not None and type.tag != "void":
            return type
    return None


def _type_by_pointers(
    blocks: Mapping[str, Block],
    steps: Sequence[Step],
    objects: Objects,
) -> None:
    """Take the type of what is set to point to a block, for blocks that have none yet."""
    for step in steps:
        raw = str(step.get("new", "")).partition(",")[0]
        block = blocks.get(raw.removesuffix("+0"))
        if block is None or block.type is not None:
            continue
        symbol = str(step.get("at", "")).rpartition("+")
        variable = objects.variable(symbol[0])
        if variable is None:
            continue
        spot = spot_in(variable.type, int(symbol[2] or 0), int(step.get("bytes", 8)))
        if spot.type.is_pointer and 0 < spot.type.target.size <= block.size:
            block.type = spot.type.target
