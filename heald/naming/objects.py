"""The objects of a program: variables by address, locals by where they are in a frame.

Names of the symbol table are not enough: a ``static int count`` of a function is called
``count.0`` there, and two files may each have a ``count``. So a symbol is taken to its
address, and the address to the variable (DWARF 5, sections 2.6 and 4.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from heald.building.frames import is_of_rust
from heald.naming.types import Type, text_of

_ADDRESS, _FRAME = 0x03, 0x91  # DW_OP_addr, DW_OP_fbreg
_CFA = 0x9C  # DW_OP_call_frame_cfa
_LIBRARIES = frozenset({"std", "core", "alloc", "__gnu_cxx", "__cxxabiv1"})
_INSIDE = frozenset({"DW_TAG_lexical_block", "DW_TAG_inlined_subroutine"})


@dataclass(frozen=True)
class Variable:
    """A variable: the author's name for it, its type, where it begins."""

    name: str
    type: Type
    at: int


@lru_cache(maxsize=4)
def _objects(path: str, _changed: int) -> Objects:
    return Objects(path)


def objects_of(program: Path) -> Objects:
    """Read a program's debugging information, as far as it is asked for."""
    return _objects(str(program), program.stat().st_mtime_ns)


class Objects:
    """What a compiled program says of its variables, functions and types."""

    def __init__(self, path: str) -> None:
        from elftools.elf.elffile import ELFFile

        self._file = open(path, "rb")  # noqa: SIM115 - DWARF is read from it later
        self._elf = ELFFile(self._file)
        self._dwarf: Any = (
            self._elf.get_dwarf_info() if self._elf.has_dwarf_info() else None
        )
        self._types: dict[str, Type | None] = {}

    def __del__(self) -> None:
        self._file.close()

    @cached_property
    def _symbols(self) -> dict[str, set[tuple[int, str]]]:
        """From a symbol's name to its addresses, and what it is."""
        found: dict[str, set[tuple[int, str]]] = {}
        for section in (".symtab", ".dynsym"):
            table: Any = self._elf.get_section_by_name(section)
            for symbol in table.iter_symbols() if table is not None else ():
                if symbol.name and symbol["st_shndx"] != "SHN_UNDEF":
                    what = (symbol["st_value"], symbol["st_info"]["type"])
                    found.setdefault(symbol.name, set()).add(what)
        return found

    def variable(self, symbol: str) -> Variable | None:
        """Return the variable of a symbol; None if there is none, or more than one."""
        symbols = self._symbols.get(symbol, set())
        if len(symbols) != 1:
            return None
        [(address, kind)] = symbols
        if kind == "STT_TLS":
            return self._thread_locals.get(symbol)
        return self._globals.get(address) or self._statics.get(address)

    def is_function(self, symbol: str) -> bool:
        """Whether a symbol is code."""
        kinds = {kind for _, kind in self._symbols.get(symbol, ())}
        return kinds <= {"STT_FUNC", "STT_GNU_IFUNC"} and bool(kinds)

    @cached_property
    def _units(self) -> list[Any]:
        """Units but those of Rust's libraries: to find none of their names takes seconds."""
        units = self._dwarf.iter_CUs() if self._dwarf is not None else ()
        return [unit for unit in units if not is_of_rust(unit)]

    def _outer(self, tag: str) -> Iterator[Any]:
        """Yield what is in no function, in all namespaces but the libraries'."""
        for unit in self._units:
            waiting = [unit.get_top_DIE()]
            while waiting:
                for die in unit.iter_DIE_children(waiting.pop()):
                    if die.tag == tag:
                        yield die
                    elif (
                        die.tag == "DW_TAG_namespace"
                        and text_of(die, "DW_AT_name") not in _LIBRARIES
                    ):
                        waiting.append(die)

    @cached_property
    def _globals(self) -> dict[int, Variable]:
        return _by_address(self._outer("DW_TAG_variable"))

    @cached_property
    def _statics(self) -> dict[int, Variable]:
        """Variables inside functions that outlive them."""
        functions = self._outer("DW_TAG_subprogram")
        return _by_address(die for f in functions for die in _variables_in(f))

    @cached_property
    def _thread_locals(self) -> dict[str, Variable]:
        inner = (d for f in self._outer("DW_TAG_subprogram") for d in _variables_in(f))
        return {
            variable.name: Variable(variable.name, variable.type, 0)
            for die in (*self._outer("DW_TAG_variable"), *inner)
            if (variable := _named(die, 0)) is not None and _location(die)
        }

    @cached_property
    def _functions(self) -> dict[str, Any]:
        return {
            name: die
            for die in self._outer("DW_TAG_subprogram")
            if (name := text_of(_origin(die), "DW_AT_name"))
            and ("DW_AT_low_pc" in die.attributes or "DW_AT_ranges" in die.attributes)
        }

    def locals_of(self, function: str) -> list[Variable]:
        """Return what lies in a function's frame; ``at`` counts from where the frame begins."""
        die = self._functions.get(function)
        if die is None or list(_expression(die, "DW_AT_frame_base")) != [_CFA]:
            return []
        found = []
        for inner in _variables_in(die):
            place = _location(inner)
            if place and place[0] == _FRAME:
                variable = _named(inner, _signed_leb(place[1:]))
                found += [variable] if variable is not None else []
        return found

    def pointer_in(self, function: str, name: str) -> Type | None:
        """Return the type of a function's variable of this name, wherever it is."""
        die = self._functions.get(function)
        for inner in _variables_in(die) if die is not None else ():
            variable = _named(inner, 0)
            if variable is not None and variable.name == name:
                return variable.type
        return None

    def parameters_of(self, function: str) -> list[str]:
        """Return what a function calls its parameters; empty texts for those without a name."""
        die = self._functions.get(function)
        return [
            text_of(_origin(child), "DW_AT_name") or ""
            for child in (die.iter_children() if die is not None else ())
            if child.tag == "DW_TAG_formal_parameter"
        ]

    def type_named(self, name: str) -> Type | None:
        """Return the type that is written like this, ``struct node`` or ``node_t``."""
        if name not in self._types:
            self._types[name] = self._find_type(" ".join(name.split()))
        return self._types[name]

    def _find_type(self, name: str) -> Type | None:
        word, _, plain = name.rpartition(" ")
        tags = {
            "struct": ("DW_TAG_structure_type",),
            "union": ("DW_TAG_union_type",),
            "enum": ("DW_TAG_enumeration_type",),
        }.get(
            word,
            (
                "DW_TAG_typedef",
                "DW_TAG_structure_type",
                "DW_TAG_class_type",
                "DW_TAG_base_type",
            ),
        )
        plain = (
            plain.rpartition("::")[2] if word in ("struct", "union", "enum", "") else name
        )
        for tag in tags:
            for die in self._outer(tag):
                if text_of(die, "DW_AT_name") == plain and not Type(die).is_declared_only:
                    return Type(die)
        return None


def _by_address(dies: Any) -> dict[int, Variable]:
    found: dict[int, Variable] = {}
    for die in dies:
        place = _location(die)
        if len(place) == 9 and place[0] == _ADDRESS:
            address = int.from_bytes(bytes(place[1:]), "little")
            variable = _named(die, address)
            if variable is not None:
                found[address] = variable
    return found


def _variables_in(function: Any) -> Iterator[Any]:
    for child in function.iter_children():
        if child.tag in ("DW_TAG_variable", "DW_TAG_formal_parameter"):
            yield child
        elif child.tag in _INSIDE:
            yield from _variables_in(child)


def _origin(die: Any) -> Any:
    """Follow an inlined or out-of-line copy to where its name and type are."""
    for _ in range(4):
        link = next(
            (
                name
                for name in ("DW_AT_abstract_origin", "DW_AT_specification")
                if name in die.attributes
            ),
            None,
        )
        if link is None or "DW_AT_name" in die.attributes:
            break
        die = die.get_DIE_from_attribute(link)
    return die


def _named(die: Any, at: int) -> Variable | None:
    origin = _origin(die)
    name = text_of(origin, "DW_AT_name")
    typed = die if "DW_AT_type" in die.attributes else origin
    if not name or "DW_AT_type" not in typed.attributes:
        return None
    return Variable(name, Type(typed.get_DIE_from_attribute("DW_AT_type")), at)


def _expression(die: Any, attribute: str) -> list[int]:
    if attribute not in die.attributes:
        return []
    value = die.attributes[attribute].value
    return list(value) if isinstance(value, (list, bytes)) else []


def _location(die: Any) -> list[int]:
    return _expression(die, "DW_AT_location")


def _signed_leb(encoded: list[int]) -> int:
    value = shift = 0
    for byte in encoded:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value - (1 << shift) if byte & 0x40 else value
    return value
