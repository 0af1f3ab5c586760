"""A failure of a whole program in a capsule: its texts, how it was built, and the schedule.

The texts are those of the sources and of every header of the author's own, so that the
capsule replays where the files are gone (heald/replaying/program.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.capsule import Capsule, digest_of
from heald.explorer.given import STDIN, is_compiled
from heald.explorer.options import Options


@dataclass(frozen=True)
class Request:
    """What was asked to be checked.

    Attributes
    ----------
    sources
        As they were named; ``"-"`` stands for `stdin`.
    arguments
        The program's own.
    cflags, stdin, options
        As in ``check``.
    """

    sources: list[str]
    arguments: list[str]
    cflags: list[str]
    stdin: str | None
    options: Options


def capsule_of_failure(
    request: Request, failure: Mapping[str, Any], program: Path, *, compiler: str
) -> Capsule:
    """Put one failure of a program into a capsule.

    Parameters
    ----------
    program
        What was compiled: the headers that it was made from are kept, too.
    compiler
        By name.
    """
    from datetime import UTC, datetime

    from heald.version import VERSION

    texts = texts_of(request.sources, program)
    files = [*texts, *filter(is_compiled, request.sources)]
    if STDIN in request.sources:
        texts[STDIN] = request.stdin or ""
    options = request.options
    settings = {
        "folder": str(Path.cwd()),
        "sources": request.sources,
        "texts": texts,
        "arguments": request.arguments,
        "search": options.search,
        **options.meaning(),
        "schedule": failure["schedule"],
        "where": failure["where"],
    }
    return Capsule(
        check="explored",
        kind=failure["kind"],
        message=failure["message"],
        target=" ".join(request.sources),
        place=".",
        sources={name: digest_of(Path(name)) for name in files},
        flags=request.cflags,
        compiler=compiler,
        seed=options.seed,
        settings=settings,
        heald=VERSION,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def texts_of(sources: Sequence[str], program: Path) -> dict[str, str]:
    """Return the sources and the author's own headers that a program was compiled from.

    What was compiled elsewhere has no text.
    """
    from heald.building.build import inputs_of

    own = [str(path) for path in inputs_of(program) if not _is_system(path)]
    files = [n for n in (*sources, *own) if n != STDIN and not is_compiled(n)]
    return {name: Path(name).read_text(errors="replace") for name in files}


def _is_system(path: Path) -> bool:
    return str(path).startswith(("/usr/", "/lib/", "/opt/"))
