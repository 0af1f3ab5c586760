"""What a header declares: its own functions, read from what the preprocessor makes of it.

Real headers include others, hide declarations behind macros and decorate them in ways no
parser but the compiler's knows. The preprocessor is therefore asked first, its line marks
say what stands in the header itself, and only the part of a function that a description
needs, from its return type to its closing parenthesis, is ever parsed.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from heald.building.compilers import find_compiler
from heald.subject.declarations import Declaration, parse_declaration
from heald.verdicts import UsageError


@dataclass(frozen=True)
class Header:
    """The functions of a header.

    Attributes
    ----------
    functions
        Those that a description can call as they are declared.
    refused
        The others: name, and in one line why.
    is_volatile
        Whether it reads or writes through volatile pointers: as kernels do, in place of atomics.
    """

    functions: tuple[Declaration, ...]
    refused: tuple[tuple[str, str], ...]
    is_volatile: bool = False


def read_header(header: Path, cflags: Sequence[str] = ()) -> Header:
    """Read the functions that `header` itself declares or defines, each once.

    Names that begin with an underscore are a library's own; where there are no others, they are
    what there is. A union that stands for any of several pointers is taken for its last one.

    Raises
    ------
    UsageError
        If the preprocessor rejects it, with what it says.
    """
    functions: dict[str, Declaration] = {}
    refused: dict[str, str] = {}
    text = _preprocessed(header, cflags)
    own = _own_text(text, header)
    found = list(_signatures(_without_unions(own, text)))
    public = {*_STANDS_FOR.findall(header.read_text(errors="replace"))}
    hidden = {name for name, _ in found if name.startswith("_") and name not in public}
    if len(hidden) == len(found):
        hidden = {name for name in hidden if name.startswith("__")}
    for name, text in found:
        if name in hidden or name == "main" or name in functions:
            continue
        try:
            functions[name] = parse_declaration(text)
        except UsageError as error:
            refused.setdefault(name, str(error).partition("\n")[0])
    return Header(
        tuple(functions.values()),
        tuple((n, why) for n, why in refused.items() if n not in functions),
        is_volatile=bool(_THROUGH_VOLATILE.search(own)),
    )


#: ``*(volatile int *)&x``, ``(*(__volatile__ __typeof__(x) *)&(x))``
_THROUGH_VOLATILE = re.compile(r"\*\s*\(\s*(const\s+)?(__)?volatile(__)?\b")


def _preprocessed(header: Path, cflags: Sequence[str]) -> str:
    compiler = find_compiler()
    done = subprocess.run(
        [*compiler.command, "-E", "-x", "c", *cflags, str(header)],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise UsageError(
            f"{header}: the preprocessor rejects it (words after -- go to it, such as "
            f"-Iinclude)\n{done.stderr.rstrip()}"
        )
    return done.stdout


#: ``#define queue_put _queue_put``: what is called by the one name is defined under the other.
_STANDS_FOR = re.compile(r"(?m)^[ \t]*#[ \t]*define[ \t]+\w+[ \t]+(_(?!_)\w+)[ \t]*$")
_MARK = re.compile(r'# \d+ "((?:[^"\\]|\\.)*)"')


def _own_text(text: str, header: Path) -> str:
    """Keep the lines that stand in the header itself."""
    kept, is_own, own = [], False, header.resolve()
    for line in text.splitlines():
        if mark := _MARK.match(line):
            is_own = Path(mark[1]).resolve() == own or _is_part(Path(mark[1]), own)
        elif is_own:
            kept.append(line)
    return "\n".join(kept)


def _is_part(other: Path, own: Path) -> bool:
    """Whether a header is a part of this one: the same on all machines, or what is inlined."""
    return other.name == own.name and other.parent.name in ("generic", "static")


_UNION = re.compile(
    r"typedef\s+union\s*\w*\s*\{([^{}]*)\}\s*"
    r"__attribute__\s*\(\(\s*_*transparent_union_*\s*\)\)\s*(\w+)\s*;"
)


def _without_unions(own: str, text: str) -> str:
    """Write for each union that is passed as any of its pointers the last of these."""
    for members, name in _UNION.findall(re.sub(r"(?m)^#.*$", "", text)):
        last = re.sub(r"\w+\s*$", "", members.rstrip().rstrip(";").rpartition(";")[2])
        own = re.sub(rf"\b{name}\b", last.strip(), own)
    return own


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|\w+|\.\.\.|[^\s\w]')
#: With an argument in parentheses, or alone; neither says how a function is called.
_WITH_ARGUMENT = {"__attribute__", "__attribute", "__asm__", "asm", "_Alignas", "__asm"}
_DROPPED = {
    *("static", "extern", "inline", "__inline", "__inline__", "_Noreturn"),
    *("__extension__", "restrict", "__restrict", "__restrict__", "register"),
}


def _signatures(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, declaration) of what looks like a function at the top level."""
    for tokens in _top_level(_undecorated(_TOKEN.findall(text))):
        opening = next((i for i, t in enumerate(tokens) if t == "("), 0)
        closing = _closing(tokens, opening)
        is_function = (
            opening >= 2
            and closing is not None
            and tokens[closing + 1 :] in ([], ["{"])
            and tokens[0] != "typedef"
            and "=" not in tokens[:opening]
            and re.fullmatch(r"[A-Za-z_]\w*", tokens[opening - 1])
        )
        if is_function and closing is not None:
            yield tokens[opening - 1], _joined(tokens[: closing + 1])


def _undecorated(tokens: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token in _WITH_ARGUMENT and tokens[at + 1 : at + 2] == ["("]:
            at = (_closing(tokens, at + 1) or at) + 1
            continue
        if token not in _DROPPED:
            yield token
        at += 1


def _top_level(tokens: Iterator[str]) -> Iterator[list[str]]:
    """Yield one list a declaration; of a function with a body, up to its brace."""
    piece: list[str] = []
    depth, is_body = 0, False
    for token in tokens:
        if token == "{":
            is_body = is_body or (depth == 0 and piece[-1:] == [")"])
            if depth == 0 and is_body:
                yield [*piece, "{"]
                piece = []
            depth += 1
        elif token == "}":
            depth -= 1
            if depth == 0 and is_body:
                is_body = False
                continue
        elif token == ";" and depth == 0:
            yield piece
            piece = []
            continue
        if not is_body:
            piece.append(token)


def _closing(tokens: Sequence[str], opening: int) -> int | None:
    depth = 0
    for at in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[at], 0)
        if depth == 0:
            return at
    return None


def _joined(tokens: Sequence[str]) -> str:
    text = " ".join(tokens)
    text = re.sub(r" ?([()]) ?", r"\1", text)
    return re.sub(r"\* ", "*", text).replace(" ,", ",")
