"""A parser under test: its C, its entry function, its records, and an oracle in Python.

A user's own parser in a few lines::

    messages = heald.ParserSubject(
        "mine.c",
        entry="long parse(const unsigned char *, size_t, struct message *)",
        fields=["type", "sequence"],
        spans={"payload": "length"},
        oracle=parse_with_struct,
    )

``oracle(data)`` returns a ``Parsed``: what a right parser says of these bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from heald.caller import callers_folder
from heald.parsing.entry import Entry, parse_entry
from heald.targets.target import Expected
from heald.verdicts import UsageError

Record: TypeAlias = Mapping[str, int | bytes]
Span: TypeAlias = "str | tuple[str, str]"
Oracle: TypeAlias = "Callable[[bytes], Parsed | None]"


@dataclass(frozen=True)
class Parsed:
    """What a parser says of one input.

    Attributes
    ----------
    consumed
        Bytes that the records take up.
    records
        In order; each maps the names of fields to numbers and of spans to bytes. Then what
        callbacks emitted (``#include <heald/emit.h>``), each a record of one entry.
    result
        For an entry that takes one record at a time: the last return value that was not a
        number of bytes (0: not enough, below 0: an error), 0 where there was none.
    """

    consumed: int
    records: tuple[Record, ...]
    result: int = 0


@dataclass(frozen=True, init=False)
class ParserSubject:
    """One variant of a parser.

    Parameters
    ----------
    sources
        C file or files, relative to the Python file that makes the subject; or files of Rust whose
        entry is ``#[no_mangle] pub extern "C" fn``, with a header in C for the record.
    entry
        The C declaration of the function to call, in one of the two forms of
        ``heald.parsing.entry``.
    fields
        Integer members of a record that are compared.
    spans
        Members that point at bytes, each with the member that holds how many; or a name of
        your own with the two members that hold where the bytes begin and end in the input.
    oracle
        What a right parser says, ``None`` for "no opinion"; without one only accesses,
        pointers and determinism are checked.
    header
        Declares the record; without one the first source file is included in the glue.
    reference, generator
        Names of C functions in the sources, for bulk runs: a slow and plain parser of the
        same form as the entry, and ``size_t f(uint64_t seed, unsigned char *out, size_t
        capacity)``. Without a generator, inputs are drawn and mutated generically.
    in_place
        Spans must lie in the input, and nothing may be allocated or copied.
    start, finish
        For a parser that is fed in pieces: C functions that take its state, called before the
        first piece and after the last; ``finish`` returns the result, below 0 for an error.
    terminated
        A NUL follows the input, which the parser may read. (Implied where it knows no size.)
    link
        Options for the linker: libraries that it needs.
    least
        The fewest bytes that a record takes: bounds how many there can be.

    Raises
    ------
    UsageError
        If a file is missing or the entry is not understood.
    """

    name: str
    sources: tuple[Path, ...]
    entry: Entry
    fields: tuple[str, ...]
    spans: tuple[tuple[str, tuple[str, ...]], ...]
    oracle: Oracle | None
    header: Path | None
    reference: str | None
    generator: str | None
    in_place: bool
    start: str | None
    finish: str | None
    terminated: bool
    least: int
    cflags: tuple[str, ...]
    link: tuple[str, ...]
    expected: Expected

    def __init__(
        self,
        sources: str | Path | Sequence[str | Path],
        *,
        entry: str | Entry,
        fields: Sequence[str] = (),
        spans: Mapping[str, Span] | Iterable[tuple[str, Span]] = (),
        oracle: Oracle | None = None,
        name: str | None = None,
        header: str | Path | None = None,
        reference: str | None = None,
        generator: str | None = None,
        in_place: bool = True,
        start: str | None = None,
        finish: str | None = None,
        terminated: bool = False,
        least: int = 1,
        cflags: Sequence[str] = (),
        link: Sequence[str] = (),
        expected: Expected = None,
    ) -> None:
        if least < 1:
            raise UsageError(f"least={least}: a record takes at least 1 byte")
        understood = parse_entry(entry) if isinstance(entry, str) else entry
        if (start or finish) and understood.form != "stream":
            raise UsageError("start and finish are for a parser that is fed in pieces")
        for name_ in (start, finish):
            if name_ is not None and not name_.isidentifier():
                raise UsageError(f"{name_!r} is no name of a C function")
        folder = callers_folder()
        files = [sources] if isinstance(sources, str | Path) else sources
        found = tuple(_existing(folder / each) for each in files)
        if header is None and found[0].suffix == ".rs":
            raise UsageError(
                f"{found[0].name}: what a parser of Rust writes is declared in C, "
                "by a file with its record: header="
            )
        values = {
            "name": name or found[0].stem,
            "sources": found,
            "entry": understood,
            "fields": tuple(fields),
            "spans": tuple((name, _members(of)) for name, of in dict(spans).items()),
            "oracle": oracle,
            "header": _existing(folder / header) if header else None,
            "reference": reference,
            "generator": generator,
            "in_place": in_place,
            "start": start,
            "finish": finish,
            "terminated": terminated,
            "least": least,
            "cflags": tuple(cflags),
            "link": tuple(link),
            "expected": expected,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def variant(
        self,
        name: str,
        *defines: str,
        source: str | None = None,
        expected: Expected = None,
        in_place: bool | None = None,
    ) -> ParserSubject:
        """Return the same parser under another name, with defines or another first source."""
        sources = self.sources
        if source is not None:
            sources = (_existing(self.sources[0].parent / source), *sources[1:])
        return replace(
            self,
            name=name,
            sources=sources,
            cflags=(*self.cflags, *(f"-D{define}" for define in defines)),
            expected=expected if expected is not None else self.expected,
            in_place=self.in_place if in_place is None else in_place,
        )


def _members(span: Span) -> tuple[str, ...]:
    return (span,) if isinstance(span, str) else tuple(span)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"no such file: {path}")
    return path.resolve()
