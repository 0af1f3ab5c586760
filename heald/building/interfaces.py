"""The engine's C interfaces as Python knows them, read from the headers that C itself includes.

Each struct and number is written once, in ``csrc/include/heald/``: nothing here can drift apart.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from cffi import FFI

from heald.building.engine import engine_include

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:.*\\\n)*.*$", re.MULTILINE)
_NUMBER = re.compile(r"^#define (\w+)\s+\(?(\w+?)u?(?: << (\d+))?\)?\s*$", re.MULTILINE)


@cache
def interface(name: str) -> FFI:
    """Return the types and functions that ``heald/NAME.h`` declares, for cffi.

    Macros in the declarations must be plain numbers.
    """
    text = _text(name)
    plain = _DIRECTIVE.sub("", text)
    for macro, number in _defined(text).items():
        plain = re.sub(rf"\b{macro}\b", str(number), plain)
    plain = plain.replace("_Atomic ", "")
    ffi = FFI()
    ffi.cdef(plain.replace("extern const", "extern"))  # a constant, to cffi, is a number
    return ffi


@cache
def constants(name: str) -> Mapping[str, int]:
    """Return the numbers of ``heald/NAME.h`` by name: macros, and enumerators."""
    ffi = interface(name)
    found = _defined(_text(name))
    for tag in re.findall(r"^enum (\w+) \{", _text(name), re.MULTILINE):
        found |= {
            key: int(value) for key, value in ffi.typeof(f"enum {tag}").relements.items()
        }
    return found


def structure(name: str, tag: str, *, also: type | None = None, **inner: type) -> Any:
    """Return a struct of ``heald/NAME.h`` for ctypes, which reads memory in place.

    Parameters
    ----------
    also
        A class whose methods it has.
    **inner
        By tag, what the structs that it contains are.
    """
    kind = interface(name).typeof(f"struct {tag}")
    bases = (ctypes.Structure,) if also is None else (also, ctypes.Structure)
    fields = [(field, _ctype(each.type, inner)) for field, each in kind.fields]
    made = type(tag, bases, {"_fields_": fields, "__doc__": f"``struct {tag}``."})
    assert ctypes.sizeof(made) == interface(name).sizeof(f"struct {tag}")
    return made


def _ctype(kind: Any, inner: Mapping[str, type]) -> Any:
    if kind.kind == "array":
        return _ctype(kind.item, inner) * kind.length
    if kind.kind == "struct":
        return inner[kind.cname.removeprefix("struct ")]
    return (
        ctypes.c_char if kind.cname == "char" else getattr(ctypes, f"c_{kind.cname[:-2]}")
    )


def _text(name: str) -> str:
    return _COMMENT.sub("", (engine_include() / "heald" / f"{name}.h").read_text())


def _defined(text: str) -> dict[str, int]:
    """Return the macros that are numbers, one of them shifted at most."""
    joined = text.replace("\\\n", " ")
    return {
        macro: int(number, 0) << int(shift or 0)
        for macro, number, shift in _NUMBER.findall(joined)
        if number[0].isdigit()
    }
