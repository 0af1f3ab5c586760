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
Oracle: TypeAlias = "Callable[[bytes], Parsed | None]"


@dataclass(frozen=True)
class Parsed:
    """What a parser says of one input.

    Attributes
    ----------
    consumed
        Bytes that the records take up.
    records
        In order; each maps the names of fields to numbers and of spans to bytes.
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
        C file or files, relative to the Python file that makes the subject.
    entry
        The C declaration of the function to call, in one of the two forms of
        ``heald.parsing.entry``.
    fields
        Integer members of a record that are compared.
    spans
        Members that point at bytes, each with the member that holds how many.
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
    spans: tuple[tuple[str, str], ...]
    oracle: Oracle | None
    header: Path | None
    reference: str | None
    generator: str | None
    in_place: bool
    least: int
    cflags: tuple[str, ...]
    expected: Expected

    def __init__(
        self,
        sources: str | Path | Sequence[str | Path],
        *,
        entry: str | Entry,
        fields: Sequence[str] = (),
        spans: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        oracle: Oracle | None = None,
        name: str | None = None,
        header: str | Path | None = None,
        reference: str | None = None,
        generator: str | None = None,
        in_place: bool = True,
        least: int = 1,
        cflags: Sequence[str] = (),
        expected: Expected = None,
    ) -> None:
        if least < 1:
            raise UsageError(f"least={least}: a record takes at least 1 byte")
        folder = callers_folder()
        files = [sources] if isinstance(sources, str | Path) else sources
        found = tuple(_existing(folder / each) for each in files)
        values = {
            "name": name or found[0].stem,
            "sources": found,
            "entry": parse_entry(entry) if isinstance(entry, str) else entry,
            "fields": tuple(fields),
            "spans": tuple(dict(spans).items()),
            "oracle": oracle,
            "header": _existing(folder / header) if header else None,
            "reference": reference,
            "generator": generator,
            "in_place": in_place,
            "least": least,
            "cflags": tuple(cflags),
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


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"no such file: {path}")
    return path.resolve()
