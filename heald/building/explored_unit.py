"""One file compiled for exploration: to assembly, rewritten, assembled.

Why       What the compiler's hooks leave out is seen in the assembly only
          (``heald.building.assembly``).
Ships     The code that is checked is the code that ships: what it asks its compiler about
          sanitizers is answered as in a normal build. gcc's macro is undefined again; of
          clang the text is preprocessed without the sanitizer first.
Refused   Options that would leave nothing to look at, by name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from heald.building.compilers import Compiler
from heald.verdicts import UsageError

Run = Callable[[list[str]], object]

_REFUSED = (
    (
        re.compile(r"-flto(=.*)?|-ffat-lto-objects"),
        "with it the compiler writes no code that can be looked at before linking",
    ),
    (
        re.compile(r"-fno-sanitize=(.*,)?(thread|all)(,.*)?"),
        "it turns off the compiler's hooks, and with them everything that is checked",
    ),
    (
        re.compile(r"-masm=intel"),
        "the assembly is read in the syntax that compilers write without it",
    ),
    (re.compile(r"-mred-zone"), "the explorer's calls use what lies below the stack"),
    (re.compile(r"-m32|-mx32"), "programs are explored as 64-bit ones"),
)


def refuse_options(options: Sequence[str]) -> None:
    """Refuse options under which accesses would go unseen.

    Raises
    ------
    UsageError
        With the option and the reason.
    """
    lto = False
    for option in options:
        for pattern, reason in _REFUSED:
            if pattern.fullmatch(option) and not option.startswith("-flto"):
                raise UsageError(f"{option} cannot be used with exploration: {reason}")
        if option.startswith("-flto"):
            lto = True
        elif option == "-fno-lto":
            lto = False
    if lto:
        raise UsageError(f"-flto cannot be used with exploration: {_REFUSED[0][1]}")


def is_looked_at(compiler: Compiler) -> bool:
    """Whether at least what authors write in assembly is known."""
    return compiler.machine in ("x86_64", "aarch64")


@cache
def version() -> str:
    """Return what changes when assembly is rewritten in another way: part of cache keys."""
    folder = Path(__file__).parent / "assembly"
    texts = [file.read_bytes() for file in sorted(folder.glob("*.py"))]
    return hashlib.sha256(b"".join([*texts, Path(__file__).read_bytes()])).hexdigest()


def compile_explored(
    compiler: Compiler,
    source: Path,
    made: Path,
    options: Sequence[str],
    instrumentation: Sequence[str],
    dependencies: Sequence[str],
    run: Run,
) -> None:
    """Compile one file to an object in which every access is announced.

    Parameters
    ----------
    options
        All that the compiler is given, the instrumentation included.
    dependencies
        Options that write down which headers are read.
    run
        Runs a command, or raises ``CompileError``.
    """
    from heald.building.assembly import REWRITERS

    text = made.with_suffix(".s")
    given = [*options, *dependencies]
    if compiler.kind == "clang":
        source, given = _preprocessed(
            compiler, source, made, options, instrumentation, dependencies, run
        )
    run([*compiler.command, "-S", str(source), "-o", str(text), *given])
    if not text.exists():  # the compiler took it for something to link
        raise UsageError(
            f"{source} is no C, C++ or Rust source: its name does not end like one "
            f"(.c, .cc, .cpp, .rs){_remedy(Path(source).suffix)}"
        )
    rewrite = REWRITERS[compiler.machine]
    text.write_text(
        rewrite(text.read_text(errors="surrogateescape")), errors="surrogateescape"
    )
    machine = [o for o in options if o.startswith(("-Wa,", "-m")) and o != "-mllvm"]
    run([*compiler.command, "-c", str(text), "-o", str(made), *machine])


_ELSEWHERE = {
    ".py": "; a description in Python is for heald verify, pytest and heald stress",
    ".h": "; heald init describes what a header declares",
    ".hpp": "; a header needs a program that includes it, or a heald.Subject",
    ".md": "; of a page, save the listing as a file of its own",
    ".json": "; a capsule is for heald replay",
}


def _remedy(suffix: str) -> str:
    """Say which command takes a file that ends like this."""
    return _ELSEWHERE.get(suffix, "")


def _preprocessed(
    compiler: Compiler,
    source: Path,
    made: Path,
    options: Sequence[str],
    instrumentation: Sequence[str],
    dependencies: Sequence[str],
    run: Run,
) -> tuple[Path, list[str]]:
    """Preprocess as in a normal build; return the text and the options for the rest."""
    plain = list(options)
    start = _find(plain, instrumentation)
    hidden = [o for o in instrumentation if o.startswith(("-D", "-U"))]
    plain[start : start + len(instrumentation)] = hidden
    is_cxx = source.suffix in {".cc", ".cpp", ".cxx", ".c++", ".C"} or (
        "++" in Path(compiler.command[0]).name
    )
    text = made.with_suffix(".ii" if is_cxx else ".i")
    output = ["-E", str(source), "-o", str(text)]
    run([*compiler.command, *output, *plain, *dependencies])
    return text, [*options, "-Wno-unused-command-line-argument"]


def _find(options: Sequence[str], part: Sequence[str]) -> int:
    for at in range(len(options) - len(part) + 1):
        if list(options[at : at + len(part)]) == list(part):
            return at
    raise ValueError("the instrumentation is not among the options")
