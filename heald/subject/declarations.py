"""C declarations: from the text a user writes to the types that glue is made of.

A user describes an operation by its C declaration, ``int stack_pop(struct stack *, int
*out)``. pycparser reads it; this module keeps what the glue needs to know and says with
a caret what it cannot accept. Names of types that the declaration does not explain
(``value_t``) are taken as scalars here; ``heald.subject.probe`` asks the compiler for their
size later.

Accepted are ``void``, ``bool``, integer and enumeration types and pointers. Structures
and arrays by value, floating point, function pointers and variable arguments are not.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass

from pycparser import c_ast, c_parser

from heald.verdicts import UsageError

ACCEPTED = (
    "accepted are bool, integer and enumeration types, pointers to the state, and "
    "pointers to such scalars as out parameters; anything else needs a small C function "
    "around it"
)


@dataclass(frozen=True, slots=True)
class CType:
    """A type of a parameter or of a result.

    Attributes
    ----------
    text
        As C would write it: ``unsigned long``, ``struct stack``. For a pointer, the
        type it points to, without ``const``.
    kind
        ``"void"``, ``"bool"``, ``"integer"``, ``"named"`` (a scalar by a name that only
        the compiler can explain), or ``"pointer"``.
    bits, signed
        Of an integer; 0 where not known yet.
    const
        Of a pointer: whether what it points to may not be written.
    target
        Of a pointer: what it points to, ``None`` for a structure, a union or void.
    """

    text: str
    kind: str
    bits: int = 0
    signed: bool = True
    const: bool = False
    target: CType | None = None

    @property
    def c(self) -> str:
        """The type as it stands in a C declaration, without a name."""
        if self.kind != "pointer":
            return self.text
        return f"{'const ' if self.const else ''}{self.text} *"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``name`` is ``None`` where the declaration gives none."""

    name: str | None
    type: CType


@dataclass(frozen=True, slots=True)
class Declaration:
    """A function as its author declares it."""

    text: str
    name: str
    returns: CType
    parameters: tuple[Parameter, ...]


def parse_declaration(text: str) -> Declaration:
    """Read one function declaration.

    Parameters
    ----------
    text
        C, with or without the closing semicolon, possibly over several lines.

    Returns
    -------
    Declaration
        With the text stripped of white space and semicolon.

    Raises
    ------
    UsageError
        With the declaration and a caret below the place, and what is accepted.
    """
    source = text.strip().rstrip(";").rstrip()
    declaration = _parse(source)
    function = declaration.type
    if not isinstance(function, c_ast.FuncDecl):
        raise _error(source, declaration, "this declares no function")
    parameters = [
        _parameter(source, node)
        for node in (function.args.params if function.args else [])
    ]
    if len(parameters) == 1 and parameters[0].type.kind == "void":
        parameters = []
    for parameter in parameters:
        if parameter.type.kind == "void":
            raise _error(source, declaration, "a parameter cannot be void")
    returns = _type(source, function.type)
    return Declaration(source, declaration.name, returns, tuple(parameters))


def parse_type(text: str) -> CType:
    """Read the name of a type, as in ``state="struct stack"``.

    Structures are welcome here: the result's ``kind`` is then ``"struct"``.
    """
    source = text.strip()
    declaration = _parse(f"{source} heald_name")
    node = declaration.type
    if isinstance(node, c_ast.TypeDecl) and isinstance(node.type, _AGGREGATES):
        return CType(_text(node.type), "struct")
    return _type(source, node)


_AGGREGATES = (c_ast.Struct, c_ast.Union)


def _parse(source: str) -> c_ast.Decl:
    prelude = "".join(f"typedef int {name}; " for name in sorted(_unknown_names(source)))
    try:
        tree = c_parser.CParser().parse(f"{prelude}\n{source};")
    except c_parser.ParseError as error:
        raise _syntax_error(source, str(error)) from None
    declared = [node for node in tree.ext if not isinstance(node, c_ast.Typedef)]
    if len(declared) != 1 or not isinstance(declared[0], c_ast.Decl):
        raise UsageError(f"exactly one C declaration is needed here; got\n    {source}")
    return declared[0]


_STORAGE = {"auto", "extern", "inline", "register", "static", "_Noreturn"}
_QUALIFIERS = frozenset({"const", "volatile", "restrict", "_Atomic", *_STORAGE})
_BASIC = {"char", "double", "float", "int", "long", "short", "signed", "unsigned", "void"}
_TAGS = frozenset({"struct", "union", "enum"})
_KEYWORDS = _QUALIFIERS | _TAGS | _BASIC | {"_Bool", "_Complex"}


def _unknown_names(source: str) -> set[str]:
    """Names that stand where a type must: pycparser needs each one declared before."""
    tokens = re.findall(r"[A-Za-z_]\w*|\S", source)
    names = set()
    fresh = True  # at the beginning of a return type or of a parameter, no type seen yet
    previous = ""
    for token in tokens:
        is_word = bool(re.match(r"[A-Za-z_]", token))
        if token in {"(", ","}:
            fresh = True
        elif (token == "*" and previous == "(") or (is_word and previous in _TAGS):
            # the name of a function pointer follows, or a tag has been seen
            fresh = False
        elif is_word and token not in _KEYWORDS and fresh:
            names.add(token)
            fresh = False
        elif is_word and token in _KEYWORDS and token not in _QUALIFIERS:
            fresh = False
        previous = token
    return names


def _parameter(source: str, node: c_ast.Node) -> Parameter:
    if isinstance(node, c_ast.EllipsisParam):
        raise UsageError(f"variable arguments cannot be called\n    {source}\n{ACCEPTED}")
    if isinstance(node, c_ast.ID):
        raise _error(source, node, "a parameter without a type")
    name = getattr(node, "name", None)
    return Parameter(name, _type(source, node.type))


def _type(source: str, node: c_ast.Node) -> CType:
    if isinstance(node, c_ast.TypeDecl):
        return _value_type(source, node)
    if isinstance(node, c_ast.PtrDecl):
        return _pointer(source, node)
    what = "an array" if isinstance(node, c_ast.ArrayDecl) else "a function"
    raise _error(source, node, f"{what} cannot be passed")


def _value_type(source: str, node: c_ast.TypeDecl) -> CType:
    inner = node.type
    if isinstance(inner, _AGGREGATES):
        raise _error(source, inner, f"{_text(inner)} is passed by value")
    if isinstance(inner, c_ast.Enum):
        return CType(_text(inner), "named")
    if set(inner.names) & {"float", "double", "_Complex"}:
        raise _error(source, inner, f"{_text(inner)} is floating point")
    return _scalar(list(inner.names))


def _pointer(source: str, node: c_ast.PtrDecl) -> CType:
    inner = node.type
    if isinstance(inner, c_ast.PtrDecl):
        text = f"{_pointer(source, inner).c}"
        target = CType(text, "pointer")
        return CType(text, "pointer", target=target)
    if not isinstance(inner, c_ast.TypeDecl):
        raise _error(source, node, "only plain pointers can be passed")
    const = "const" in inner.quals
    text = _text(inner.type)
    if "_Atomic" in inner.quals:
        text = f"_Atomic {text}"
    if isinstance(inner.type, _AGGREGATES) or text == "void":
        return CType(text, "pointer", const=const)
    return CType(text, "pointer", const=const, target=_value_type(source, inner))


def _text(node: c_ast.Node) -> str:
    if isinstance(node, c_ast.IdentifierType):
        return _scalar(list(node.names)).text
    tag = type(node).__name__.lower()
    return f"{tag} {node.name}"


_FIXED = {
    "size_t": (ctypes.c_size_t, False),
    "ssize_t": (ctypes.c_ssize_t, True),
    "ptrdiff_t": (ctypes.c_ssize_t, True),
    "intptr_t": (ctypes.c_ssize_t, True),
    "uintptr_t": (ctypes.c_size_t, False),
    "intmax_t": (ctypes.c_int64, True),
    "uintmax_t": (ctypes.c_uint64, False),
    **{f"int{n}_t": (getattr(ctypes, f"c_int{n}"), True) for n in (8, 16, 32, 64)},
    **{f"uint{n}_t": (getattr(ctypes, f"c_uint{n}"), False) for n in (8, 16, 32, 64)},
}


def _scalar(names: list[str]) -> CType:
    if names == ["void"]:
        return CType("void", "void")
    if names in (["_Bool"], ["bool"]):
        return CType("_Bool", "bool", 1, signed=False)
    if len(names) == 1 and names[0] in _FIXED:
        size, signed = _FIXED[names[0]]
        return CType(names[0], "integer", 8 * ctypes.sizeof(size), signed)
    if not set(names) <= {"signed", "unsigned", "char", "short", "int", "long"}:
        return CType(" ".join(names), "named")
    signed = "unsigned" not in names
    if "char" in names:
        # Whether a plain char is signed is the compiler's choice: it will be asked.
        plain = "signed" not in names and signed
        if plain:
            return CType("char", "named")
        return CType("signed char" if signed else "unsigned char", "integer", 8, signed)
    size, text = _int_size(names)
    return CType(text if signed else f"unsigned {text}", "integer", 8 * size, signed)


def _int_size(names: list[str]) -> tuple[int, str]:
    if "short" in names:
        return ctypes.sizeof(ctypes.c_short), "short"
    if names.count("long") == 2:
        return ctypes.sizeof(ctypes.c_longlong), "long long"
    if "long" in names:
        return ctypes.sizeof(ctypes.c_long), "long"
    return ctypes.sizeof(ctypes.c_int), "int"


def _syntax_error(source: str, message: str) -> UsageError:
    place = re.match(r".*?:(\d+):(\d+): (.*)", message)
    if place is None:
        return _pointed(source, None, None, "the declaration ends too early")
    line, column, what = int(place[1]) - 1, int(place[2]), place[3]
    lines = source.splitlines()
    if line == len(lines) and column > len(lines[-1]):
        return _pointed(source, None, None, "the declaration ends too early")
    return _pointed(source, line, column, f"not a C declaration, {what}")


def _error(source: str, node: c_ast.Node, what: str) -> UsageError:
    coord = node.coord
    if coord is None:
        return _pointed(source, None, None, what)
    return _pointed(source, coord.line - 1, coord.column, what)


def _pointed(source: str, line: int | None, column: int | None, what: str) -> UsageError:
    """Show the declaration with a caret; without a place it goes behind the last line."""
    lines = source.splitlines() or [""]
    if line is None or column is None or not 1 <= line <= len(lines):
        line, column = len(lines), len(lines[-1]) + 1
    shown = [f"    {text}" for text in lines]
    shown.insert(line, " " * (3 + column) + "^")
    return UsageError("\n".join([what, *shown, ACCEPTED]))


def normalised(ctype: str | None) -> str | None:
    """Return a type's name as this module writes it."""
    if ctype is None:
        return None
    atomic = "_Atomic" in ctype.split()
    return f"_Atomic {parse_type(ctype).text}" if atomic else parse_type(ctype).text
