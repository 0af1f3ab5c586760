"""The declaration of a parser's entry function, understood.

Four forms are common, and all are accepted::

    size_t parse(const unsigned char *data, size_t size,
                 struct record *records, size_t limit, size_t *consumed);
    long   parse(const unsigned char *data, size_t size, struct record *record);
    long   parse(const char *text, struct record *record);
    long   feed(struct parser *state, const unsigned char *data, size_t size);

The first fills an array and returns how many records it found; the second takes one record
from the front and returns the bytes it took, 0 for "not enough yet", below 0 for an error; so
does the third, whose input ends with a NUL. The last is fed pieces of the input, keeps a state
and returns the bytes it took of a piece, below 0 for an error; what it did not take is offered
again with more behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pycparser import c_ast, c_generator, c_parser

from heald.verdicts import UsageError

_WORDS = """size_t ssize_t ptrdiff_t bool intptr_t uintptr_t
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t"""
_TYPEDEFS = "".join(f"typedef int {name};\n" for name in _WORDS.split())
_BYTES = {"char", "unsigned char", "signed char", "uint8_t", "int8_t", "void"}

ACCEPTED = (
    "accepted: 'size_t NAME(const unsigned char *data, size_t size, struct RECORD *records, "
    "size_t limit, size_t *consumed)', 'long NAME(const unsigned char *data, size_t size, "
    "struct RECORD *record)', 'long NAME(const char *text, struct RECORD *record)' or "
    "'long NAME(struct STATE *state, const unsigned char *data, size_t size)'"
)


@dataclass(frozen=True)
class Entry:
    """An entry function: its name, the C type of a record or state, and which form it has."""

    name: str
    declaration: str
    record: str
    form: Literal["array", "record", "text", "stream"]


def parse_entry(declaration: str) -> Entry:
    """Understand a declaration of an entry function.

    Parameters
    ----------
    declaration
        One C function declaration, with or without parameter names or a semicolon.

    Raises
    ------
    UsageError
        If it is not C, or not one of the two forms.
    """
    text = declaration.strip().rstrip(";")
    function = _function(text)
    parameters = [] if function.args is None else list(function.args.params)
    pointees = [_pointee(each) for each in parameters]
    at = {5: 2, 3: 2, 2: 1}.get(len(parameters), 0)
    form: Literal["array", "record", "text", "stream"]
    form = {5: "array", 3: "record"}.get(len(parameters), "text")  # type: ignore[assignment]
    if len(parameters) == 3 and pointees[1] in _BYTES and pointees[0] not in _BYTES:
        at, form = 0, "stream"
    record = pointees[at] if at < len(pointees) else None
    bytes_at = 1 if form == "stream" else 0
    if (
        len(parameters) not in (2, 3, 5)
        or record is None
        or record in _BYTES
        or pointees[bytes_at] not in _BYTES
    ):
        raise UsageError(f"not the entry of a parser: {text!r}\n{ACCEPTED}")
    return Entry(_name_of(function.type), text + ";", record, form)


def _function(text: str) -> c_ast.FuncDecl:
    try:
        # A record named by a typedef is unknown to the parser: learn it from the text itself.
        tree = c_parser.CParser().parse(_TYPEDEFS + _unknown_typedefs(text) + text + ";")
    except c_parser.ParseError as error:
        raise UsageError(f"not a C declaration: {text!r}: {error}\n{ACCEPTED}") from None
    function = getattr(tree.ext[-1], "type", None)
    if not isinstance(function, c_ast.FuncDecl):
        raise UsageError(f"not a function: {text!r}\n{ACCEPTED}")
    return function


def _unknown_typedefs(text: str) -> str:
    inside = text.partition("(")[2].rpartition(")")[0]
    words = [
        part.replace("const", " ").split("*")[0].split() for part in inside.split(",")
    ]
    alone = {word[0] for word in words if len(word) == 1 and word[0].isidentifier()}
    known = {
        "int",
        "long",
        "char",
        "void",
        "short",
        "unsigned",
        "signed",
        "float",
        "double",
    }
    known |= set(_TYPEDEFS.replace(";", " ").split())
    return "".join(f"typedef int {name};\n" for name in sorted(alone - known))


def _pointee(parameter: c_ast.Node) -> str | None:
    pointer = getattr(parameter, "type", None)
    if not isinstance(pointer, c_ast.PtrDecl):
        return None
    target = pointer.type
    if not isinstance(target, c_ast.TypeDecl):
        return None
    return str(c_generator.CGenerator().visit(target.type))


def _name_of(node: c_ast.Node) -> str:
    while not isinstance(node, c_ast.TypeDecl):
        node = node.type
    return str(node.declname)
