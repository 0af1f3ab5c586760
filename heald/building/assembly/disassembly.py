"""Object code that was compiled elsewhere, read as if it were assembly.

Why       An object with the compiler's hooks shows most of what it does, and not what was
          expanded after them (``heald.building.assembly``): it must be looked at, too.
How       ``objdump`` writes the instructions; what the linker would put into them comes from
          the relocations, so names and tables of a ``switch`` come out as a compiler
          writes them. Where a way may come from elsewhere (behind a jump, behind a call
          that may throw), nothing is taken for known.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from heald.building.assembly.reading import Function, Item, Tables
from heald.building.assembly.statements import Statement, parse
from heald.verdicts import UsageError

_SECTION = re.compile(r"Disassembly of section (.+):$")
_LINE = re.compile(
    r"\s*(?P<at>[0-9a-f]+):\t(?P<bytes>(?:[0-9a-f]{2} )+) *\t?(?P<text>[^\t]*)"
)
_SPOT = re.compile(r"(?P<file>.+):(?P<line>\d+)(?: \(discriminator \d+\))?$")
_JUMP = re.compile(r"(?P<name>j[a-z]+|call|callq|xbegin)\s+(?P<to>[0-9a-f]+)\b")
_DISPLACEMENT = re.compile(
    r"(?P<before>[\s,*:])(?:-?0x[0-9a-f]+)?(?=\()|"
    r"(?P<alone>[\s,*:])-?0x[0-9a-f]+(?=,|$)"
)
_UNSIGNED = re.compile(r"0xf[0-9a-f]{15}\b")
_IMMEDIATE = re.compile(r"\$-?0x[0-9a-f]+")
_ENDS = ("ret", "jmp", "ud2", "hlt")
_KINDS = {
    1: "64",
    2: "PC32",
    4: "PLT32",
    9: "GOTPCREL",
    10: "32",
    11: "32",
    15: "PC8",
    19: "TLSGD",
    20: "TLSLD",
    21: "DTPOFF32",
    22: "GOTTPOFF",
    23: "TPOFF32",
    24: "PC64",
    34: "TLSDESC",
    35: "TLSDESC_CALL",
    41: "GOTPCRELX",
    42: "REX_GOTPCRELX",
}
"""By their numbers in the psABI; those that are signed or not are the same here."""
_THREADED = ("TLSGD", "TLSLD", "DTPOFF32", "GOTTPOFF", "TPOFF32", "TLSDESC")
_RELATIVE = ("PC32", "PLT32", "PC8", "PC64")


@dataclass(slots=True)
class _Relocation:
    """What the linker puts at an offset: ``name`` of a symbol, or a section's place."""

    kind: str
    name: str
    section: int
    value: int
    addend: int


@dataclass(slots=True)
class _Instruction:
    section: int
    at: int
    end: int
    text: str
    spot: str
    target: tuple[int, int] | None = None


@dataclass(slots=True)
class Disassembled:
    """The functions of an object; ``spots`` has per function and item a place in the source."""

    functions: list[Function] = field(default_factory=list)
    tables: Tables = field(default_factory=lambda: Tables({}, frozenset()))
    spots: dict[str, list[str]] = field(default_factory=dict)


def disassemble(content: bytes) -> Disassembled:
    """Read an object.

    Raises
    ------
    UsageError
        If there is nothing that could write its instructions out.
    """
    return _Reader(content).read()


def _written_out(content: bytes) -> str:
    tool = shutil.which("objdump")
    if tool is None:
        raise UsageError("there is no objdump (of binutils) to look at it with")
    with tempfile.NamedTemporaryFile(suffix=".o") as file:
        file.write(content)
        file.flush()
        options = ["-d", "-l", "-w", "-M", "suffix", file.name]
        done = subprocess.run([tool, *options], capture_output=True, text=True)
    if done.returncode != 0:
        raise UsageError(f"objdump cannot read it: {done.stderr.strip()}")
    return done.stdout


class _Reader:
    def __init__(self, content: bytes) -> None:
        from elftools.elf.elffile import ELFFile

        self.elf: Any = ELFFile(io.BytesIO(content))
        self.sections: list[Any] = list(self.elf.iter_sections())
        self.relocations = self._all_relocations()
        self.switches = self._all_switches()
        self.entries: dict[tuple[int, int], str] = {}
        self.used: set[tuple[int, int]] = set()
        self.instructions = list(self._instructions(_written_out(content)))
        self.has_landings = any(s.name.startswith(".gcc_except") for s in self.sections)

    # --- what the linker knows ----------------------------------------------------------

    def _all_relocations(self) -> dict[int, dict[int, _Relocation]]:
        found: dict[int, dict[int, _Relocation]] = {}
        for section in self.sections:
            if section["sh_type"] != "SHT_RELA":
                continue
            symbols = self.sections[section["sh_link"]]
            of_section = found.setdefault(section["sh_info"], {})
            for entry in section.iter_relocations():
                symbol = symbols.get_symbol(entry["r_info_sym"])
                kind = _KINDS.get(entry["r_info_type"], "")
                if not kind and self._is_code(section["sh_info"]):
                    number = entry["r_info_type"]
                    raise UsageError(f"it has a relocation that is not known ({number})")
                where = symbol["st_shndx"]
                of_section[entry["r_offset"]] = _Relocation(
                    kind,
                    symbol.name if symbol["st_info"]["type"] != "STT_SECTION" else "",
                    where if isinstance(where, int) else -1,
                    symbol["st_value"],
                    entry["r_addend"],
                )
        return found

    def _is_code(self, section: int) -> bool:
        return section >= 0 and bool(self.sections[section]["sh_flags"] & 4)

    def _is_constant(self, section: int) -> bool:
        """Whether nobody writes what is there while the program runs."""
        if section <= 0 or section >= len(self.sections):
            return False
        found = self.sections[section]
        return not found["sh_flags"] & 1 or found.name.startswith(".data.rel.ro")

    def _all_switches(self) -> dict[tuple[int, int], _Relocation]:
        """Return per place in data what it says of a place in code."""
        return {
            (section, offset): entry
            for section, entries in self.relocations.items()
            if not self._is_code(section) and self._is_constant(section)
            for offset, entry in entries.items()
            if self._is_code(entry.section) and entry.kind in ("PC32", "64", "32")
        }

    def _table(
        self, start: tuple[int, int], starts: set[tuple[int, int]]
    ) -> set[tuple[int, int]]:
        """Return where a table leads, from its start to the next one."""
        section, offset = start
        targets = set()
        at = offset
        while (entry := self.switches.get((section, at))) is not None:
            if at != offset and (section, at) in starts:
                break
            back = at - offset if entry.kind == "PC32" else 0
            targets.add((entry.section, entry.value + entry.addend - back))
            at += 8 if entry.kind == "64" else 4
        return targets

    # --- instructions as a compiler would have written them -----------------------------

    def _instructions(self, text: str) -> Iterator[_Instruction]:
        code = [
            number
            for number, section in enumerate(self.sections)
            if section["sh_flags"] & 4 and section["sh_size"]
        ]
        section = -1
        spot = ""
        for line in text.split("\n"):
            if heading := _SECTION.match(line):
                section = code.pop(0) if code else -1
                if section < 0 or self.sections[section].name != heading[1]:
                    raise UsageError("objdump's sections are not those of the object")
            elif found := _LINE.match(line):
                at = int(found["at"], 16)
                end = at + len(found["bytes"].split())
                shown = found["text"].partition("#")[0].partition("<")[0].strip()
                made = _Instruction(section, at, end, shown, spot)
                self._link(made)
                yield made
            elif place := _SPOT.match(line):
                spot = f"{place['file'].rpartition('/')[2]}:{place['line']}"

    def _link(self, made: _Instruction) -> None:
        """Put in what the linker would."""
        table = self.relocations.get(made.section, {})
        inside = [at for at in range(made.at, made.end) if at in table]
        jump = _JUMP.match(made.text)
        if jump:
            self._aim(made, jump, table[inside[0]] if inside else None, inside)
            return
        for at in inside:
            entry = table[at]
            if entry.kind == "TLSDESC_CALL":
                continue
            name = self._named(entry, made.end - at if entry.kind in _RELATIVE else 0)
            is_last = at + 4 == made.end and "$" in made.text
            if is_last or not _DISPLACEMENT.search(made.text):
                made.text = _IMMEDIATE.sub(partial(_put, "$", name), made.text, count=1)
            else:
                made.text = _DISPLACEMENT.sub(partial(_put, "", name), made.text, count=1)
        text = _UNSIGNED.sub(lambda m: hex(int(m[0], 16) - (1 << 64)), made.text)
        made.text = ", ".join(_split(text))

    def _aim(
        self,
        made: _Instruction,
        jump: re.Match[str],
        entry: _Relocation | None,
        inside: list[int],
    ) -> None:
        if entry is None:
            made.target = (made.section, int(jump["to"], 16))
        elif self._is_code(entry.section):
            there = entry.value + entry.addend + made.end - inside[0]
            made.target = (entry.section, there)
        if entry is not None and entry.name:
            made.text = f"{jump['name']} {entry.name}"
        elif made.target:
            made.text = f"{jump['name']} {_label(made.target)}"

    def _named(self, entry: _Relocation, beyond: int) -> str:
        name = re.sub(r"[^\w.$]", lambda m: f"${ord(m[0]):x}$", entry.name)
        offset = entry.addend + beyond
        if entry.kind in _THREADED:
            return f"{name}@{entry.kind.lower().removesuffix('32')}"
        if "GOTPC" in entry.kind:
            return f"{name}@GOTPCREL"
        if entry.section < 0:
            return f"{name}{offset:+d}"
        place = (entry.section, entry.value + offset)
        if place in self.switches:
            self.used.add(place)
            return f".Ltable_{place[0]}_{place[1]}"
        kind = ".L" if self._is_constant(entry.section) else ""
        return f"{kind}{name or f'S{entry.section}'}{offset:+d}"

    # --- functions ----------------------------------------------------------------------

    def read(self) -> Disassembled:
        made = Disassembled()
        switches = {
            f".Ltable_{start[0]}_{start[1]}": self._table(start, self.used)
            for start in self.used
        }
        labels = {item.target for item in self.instructions if item.target}
        labels |= {target for targets in switches.values() for target in targets}
        landings = self._put(made, labels)
        tabled = {
            name: tuple(sorted(map(_label, targets)))
            for name, targets in switches.items()
        }
        made.tables = Tables(tabled, frozenset(landings))
        return made

    def _put(self, made: Disassembled, labels: set[tuple[int, int]]) -> set[str]:
        """Put the instructions into functions; return where exceptions may go on."""
        landings: set[str] = set()
        functions: dict[str, Function] = {}
        for name, part in self._parts():
            function = functions.setdefault(name, Function(name))
            spots = made.spots.setdefault(name, [])
            is_new = bool(function.items)
            for item in part:
                place = (item.section, item.at)
                statement = parse(item.text)
                is_padding = statement is None or _is_padding(statement)
                if place in labels or (is_new and not is_padding):
                    function.items.append(Item(0, None, _label(place), False))
                    spots.append("")
                    if is_new and self.has_landings:
                        landings.add(_label(place))
                if not is_padding:
                    function.items.append(Item(0, statement, "", False))
                    spots.append(item.spot)
                    is_new = self._leaves(item)
        made.functions = list(functions.values())
        return landings

    def _parts(self) -> list[tuple[str, list[_Instruction]]]:
        """Return what is of one name; a function's cold part goes with it, behind the rest."""
        names = self._names()
        parts: list[tuple[str, list[_Instruction]]] = []
        for item in self.instructions:
            place = (item.section, item.at)
            if not parts or place in names or parts[-1][1][-1].section != item.section:
                parts.append((names.get(place, f"section {item.section}"), []))
            parts[-1][1].append(item)
        parts.sort(key=lambda part: part[0].endswith(".cold"))
        return [(name.removesuffix(".cold"), part) for name, part in parts]

    def _leaves(self, item: _Instruction) -> bool:
        """Whether what comes next may be reached from elsewhere only."""
        word = item.text.split()[0] if item.text else ""
        if word.startswith("call"):
            return self.has_landings and "__tsan_" not in item.text
        return any(part.startswith(_ENDS) for part in item.text.split()[:2])

    def _names(self) -> dict[tuple[int, int], str]:
        table = self.elf.get_section_by_name(".symtab")
        return {
            (symbol["st_shndx"], symbol["st_value"]): symbol.name
            for symbol in table.iter_symbols()
            if isinstance(symbol["st_shndx"], int)
            and self._is_code(symbol["st_shndx"])
            and symbol["st_info"]["type"] == "STT_FUNC"
        }


def _put(sign: str, name: str, found: re.Match[str]) -> str:
    return sign + name if sign else (found["before"] or found["alone"]) + name


def _label(place: tuple[int, int]) -> str:
    return f".Lcode_{place[0]}_{place[1]}"


def _split(text: str) -> list[str]:
    """Split at commas outside of brackets."""
    return re.split(r",(?![^(]*\))", text)


def _is_padding(statement: Statement) -> bool:
    """Whether it does nothing; the linker's prefixes alone are part of what follows."""
    if not statement.mnemonic:
        return not {"lock", "rep", "repz", "repnz"} & set(statement.prefixes)
    return statement.mnemonic.startswith("nop") or statement.text == "xchgw %ax, %ax"


def is_unreadable(statement: Statement) -> bool:
    """Whether bytes are no instruction that the disassembler knows."""
    return not statement.mnemonic or statement.mnemonic.startswith(("(bad)", "."))
