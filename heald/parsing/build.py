"""A parser compiled together with the harness and its glue into one shared library.

One library and not two, because ``--wrap`` works at link time: only so can calls of the
allocator and copies out of the input be counted without touching the parser.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import heald.building.build
from heald.building.engine import engine_include, engine_sources
from heald.building.flavours import CHECKED, NATIVE
from heald.building.sanitizer_runtime import checked_link
from heald.parsing.subject import ParserSubject

if TYPE_CHECKING:
    from jinja2 import Template

_ALLOCATING = ("malloc", "calloc", "realloc", "reallocarray", "aligned_alloc",
               "posix_memalign", "memalign", "strdup", "strndup", "mmap")  # fmt: skip
_COPYING = ("memcpy", "memmove", "mempcpy", "strcpy", "strncpy", "stpcpy", "bcopy",
            "__memcpy_chk", "__memmove_chk")  # fmt: skip
_HANDING = ("write", "pwrite", "pwrite64", "send", "sendto", "sendmsg", "writev",
            "pwritev", "fwrite")  # fmt: skip
_WRAPPED = (*_ALLOCATING, *_COPYING, *_HANDING)
WRAPPING = tuple(f"-Wl,--wrap={name}" for name in _WRAPPED)
"""Options for the linker under which csrc/parse/copies.c counts, and handed.c reads."""


def build_parser(subject: ParserSubject, *, checked: bool = False) -> Path:
    """Compile `subject` with the harness; return the shared library.

    Raises
    ------
    UsageError
        If there is no compiler, or it refuses: with its own words.
    """
    glue = heald.building.build.Unit(Path("parser_glue.c"), glue_of(subject))
    return heald.building.build.compile(
        [glue, *compiled(subject), *harness_units(checked=checked)],
        flavour=CHECKED if checked else NATIVE,
        cflags=author_cflags(subject),
        ldflags=[*linked(subject), *(checked_link() if checked else WRAPPING)],
        name=subject.sources[0].stem,
    )


def compiled(subject: ParserSubject) -> list[Path]:
    """Return the sources that are compiled beside the glue.

    Without a header the first one is part of it: only that declares the record.
    """
    own = subject.sources if subject.header else subject.sources[1:]
    return [source for source in own if source.suffix != ".rs"]


def linked(subject: ParserSubject) -> list[str]:
    """Return the author's options for the linker, and what there is for files of Rust."""
    from heald.building.rust.library import linked_beside

    return [
        *linked_beside(subject.sources, subject.cflags, NATIVE.optimise),
        *subject.link,
    ]


def author_cflags(subject: ParserSubject) -> list[str]:
    """Return the options for what the author wrote and for the glue."""
    harness = engine_sources() / "parse"
    includes = [engine_include(), subject.sources[0].parent, harness]
    return [*subject.cflags, *(f"-I{folder}" for folder in includes)]


def harness_units(
    *more: str, checked: bool = False, instrument: bool = True
) -> list[heald.building.build.Unit]:
    """Return the files of ``csrc/parse``, and `more` of them: the same for every parser."""
    folder = engine_sources() / "parse"
    options = [f"-I{folder}", f"-I{engine_include()}"]
    options += ["-DPARSE_CHECKED=1"] if checked else []
    return [
        heald.building.build.Unit(path, None, instrument, tuple(options))
        for path in [*sorted(folder.glob("*.c")), *(folder / name for name in more)]
    ]


def _terminated(subject: ParserSubject) -> str:
    if subject.entry.form == "text":
        return "PARSE_TEXT"
    return "PARSE_TERMINATED" if subject.terminated else "PARSE_NO_TERMINATOR"


def glue_of(subject: ParserSubject) -> str:
    """Return the C that exports ``heald_parser`` for `subject`."""
    entry = subject.entry
    reference = subject.reference
    return glue_template().render(
        entry=entry,
        includes=[subject.header or subject.sources[0]],
        reference=reference,
        reference_declaration=entry.declaration.replace(entry.name, reference or "", 1),
        generator=subject.generator,
        fields=subject.fields,
        spans=[
            (name, *(of if len(of) == 2 else (*of, ""))) for name, of in subject.spans
        ],
        start=subject.start,
        finish=subject.finish,
        terminated=_terminated(subject),
        in_place=subject.in_place,
        least=subject.least,
    )


@cache
def glue_template() -> Template:
    """Return the template of the glue, read once a process."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("heald.parsing", "."),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    return environment.get_template("parser_glue.c.j2")
