"""Where an address is in the sources, to the column, through everything that was inlined there.

Lines are not enough to change an order: one line may hold two loads, and the line of a
wrapper says nothing about who called it. DWARF has both: the line table gives columns
(section 6.2), and ``DW_TAG_inlined_subroutine`` where each inlined call stands (3.3.8).
"""

from __future__ import annotations

import bisect
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Spot:
    """One position in a source file: an absolute path, a line and a column from 1."""

    file: str
    line: int
    column: int


def frames_of(program: Path, sites: Iterable[int]) -> dict[int, tuple[Spot, ...]]:
    """Return for each site the operation's spot, then those of the calls it was inlined by.

    Parameters
    ----------
    program
        The shared object, with debugging information.
    sites
        Return addresses relative to its load address.

    Returns
    -------
    dict
        Only sites that are known; innermost first.
    """
    reader = _reader(str(program), program.stat().st_mtime_ns)
    return {site: found for site in sites if (found := reader.frames(site - 1))}


@lru_cache(maxsize=8)
def _reader(path: str, _changed: int) -> _Reader:
    return _Reader(path)


class _Reader:
    """The debugging information of one object, read as far as it is asked for."""

    def __init__(self, path: str) -> None:
        from elftools.elf.elffile import ELFFile

        self._file = open(path, "rb")  # noqa: SIM115 - DWARF is read from it later
        elf = ELFFile(self._file)
        self._dwarf: Any = elf.get_dwarf_info() if elf.has_dwarf_info() else None
        self._rows: list[tuple[int, Any, int, int, int]] | None = None
        self._lists: Any = None

    def __del__(self) -> None:
        self._file.close()

    def frames(self, address: int) -> tuple[Spot, ...]:
        if self._dwarf is None:
            return ()
        row = self._row(address)
        if row is None:
            return ()
        _, unit, file, line, column = row
        spots = [Spot(_file_name(self._dwarf, unit, file), line, column)]
        for call in self._inlined(unit, address):
            attributes = call.attributes
            if "DW_AT_call_line" not in attributes:
                continue
            column = (
                attributes["DW_AT_call_column"].value
                if ("DW_AT_call_column" in attributes)
                else 1
            )
            spots.append(
                Spot(
                    _file_name(self._dwarf, unit, attributes["DW_AT_call_file"].value),
                    attributes["DW_AT_call_line"].value,
                    column,
                )
            )
        return tuple(spots)

    def _row(self, address: int) -> tuple[int, Any, int, int, int] | None:
        if self._rows is None:
            self._rows = sorted(self._all_rows(), key=lambda row: row[0])
        at = bisect.bisect_right(self._rows, address, key=lambda row: row[0]) - 1
        if at < 0 or self._rows[at][3] == 0:
            return None
        return self._rows[at]

    def _all_rows(self) -> Iterator[tuple[int, Any, int, int, int]]:
        for unit in self._dwarf.iter_CUs():
            if is_of_rust(unit):
                continue
            program = self._dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            for entry in program.get_entries():
                state = entry.state
                if state is not None:
                    line = 0 if state.end_sequence else state.line
                    yield state.address, unit, state.file, line, state.column

    def _inlined(self, unit: Any, address: int) -> list[Any]:
        """Return the inlined calls around an address, innermost first."""
        found: list[Any] = []
        die = next(
            (
                die
                for die in _functions(unit, unit.get_top_DIE())
                if self._covers(unit, die, address)
            ),
            None,
        )
        while die is not None:
            inner = next(
                (
                    child
                    for child in unit.iter_DIE_children(die)
                    if child.tag in ("DW_TAG_inlined_subroutine", "DW_TAG_lexical_block")
                    and self._covers(unit, child, address)
                ),
                None,
            )
            if inner is not None and inner.tag == "DW_TAG_inlined_subroutine":
                found.append(inner)
            die = inner
        return found[::-1]

    def _covers(self, unit: Any, die: Any, address: int) -> bool:
        attributes = die.attributes
        if "DW_AT_ranges" in attributes:
            return any(
                begin <= address < end
                for begin, end in self._ranges(unit, attributes["DW_AT_ranges"].value)
            )
        if "DW_AT_low_pc" not in attributes:
            # A block without addresses of its own may hold one that has some.
            return bool(die.tag == "DW_TAG_lexical_block")
        low, high = attributes["DW_AT_low_pc"].value, attributes["DW_AT_high_pc"]
        end = high.value if high.form == "DW_FORM_addr" else low + high.value
        return bool(low <= address < end)

    def _ranges(self, unit: Any, offset: int) -> Iterator[tuple[int, int]]:
        if self._lists is None:
            self._lists = self._dwarf.range_lists()
        top = unit.get_top_DIE().attributes
        base = top["DW_AT_low_pc"].value if "DW_AT_low_pc" in top else 0
        for entry in self._lists.get_range_list_at_offset(offset, unit):
            if hasattr(entry, "base_address"):
                base = entry.base_address
            elif entry.is_absolute:
                yield entry.begin_offset, entry.end_offset
            else:
                yield base + entry.begin_offset, base + entry.end_offset


def _file_name(dwarf: Any, unit: Any, number: int) -> str:
    header = dwarf.line_program_for_CU(unit).header
    folder_of_unit = _text(unit.get_top_DIE().attributes.get("DW_AT_comp_dir"))
    names, folders = header["file_entry"], header["include_directory"]
    is_new = header["version"] >= 5
    entry = names[number if is_new else number - 1]
    index = entry.dir_index
    if is_new:
        folder = folders[index].decode(errors="replace") if index < len(folders) else ""
    else:
        folder = folders[index - 1].decode(errors="replace") if index else ""
    name = entry.name.decode(errors="replace")
    return os.path.normpath(os.path.join(folder_of_unit, folder, name))


def _text(attribute: Any) -> str:
    return "" if attribute is None else attribute.value.decode(errors="replace")


_SCOPES = ("DW_TAG_namespace", "DW_TAG_structure_type", "DW_TAG_enumeration_type")


def _functions(unit: Any, scope: Any) -> Iterator[Any]:
    """Yield functions; those of Rust stand in the namespaces of their modules."""
    for die in unit.iter_DIE_children(scope):
        if die.tag == "DW_TAG_subprogram":
            yield die
        elif die.tag in _SCOPES and die.has_children:
            yield from _functions(unit, die)


def is_of_rust(unit: Any) -> bool:
    """Whether a unit is the standard library's, which is large and nobody's to change."""
    name = unit.get_top_DIE().attributes.get("DW_AT_name")
    return name is not None and name.value.startswith((b"/rustc/", b"/rust/deps/"))
