"""What an agent may be asked: a table of asks and their fields, each checked by type and size.

| ask | fields | answer |
|---|---|---|
| hello | | `hello`: version, key of the sources, protocol, topology, compiler, processors |
| alive | | `alive`; tells an agent with --silence that its leader is there |
| has | digests | `has`: the `missing` ones |
| keep | digest, data | `kept`: bytes (base64) under their SHA-256 |
| prepare | folder, files, places | `prepared`: the targets that are found there |
| compile | target | `ended`: compiled, with the target's identity; null: the explorer alone |
| slice | target, seed, seconds, processors | `ended`: the result of one slice |
| build | files, folder, sources, stdin, cflags, trust | `ended`: the digest of the program |
| part | program, root, words, arguments, budget_s, progress, processors | `begun`, `given`,
  `progress`, `ended` |
| hand_over | of | `stopping`; a part then gives some of it away, and goes on |
| stop | of, now | `stopping`; what runs under the id `of` ends early, or at once |

Every ask has an ``id``, and every answer the id of its ask. What is wrong is answered by
`refused` with a `message`; a slice, a part and a compilation are answered when they have ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from heald.verdicts import UsageError

#: Changed when an ask or an answer changes its meaning.
PROTOCOL = 2

_MOST_TEXT = 1 << 16
_MOST_ITEMS = 20_000
_MOST_SECONDS = 1e9

Check = Callable[[Any], bool]


def is_text(value: Any) -> bool:
    """Whether it is a text of a sane length."""
    return isinstance(value, str) and len(value) <= _MOST_TEXT and "\0" not in value


def is_digest(value: Any) -> bool:
    """Whether it is a SHA-256 in hexadecimal."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_count(value: Any) -> bool:
    """Whether it is a number that a database can hold."""
    return type(value) is int and 0 <= value < 2**62


def is_seconds(value: Any) -> bool:
    """Whether it is a time."""
    return type(value) in (int, float) and 0 <= value <= _MOST_SECONDS


def _is_data(value: Any) -> bool:
    return isinstance(value, str)  # a line's own limit is its limit


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: (
        isinstance(value, list) and len(value) <= _MOST_ITEMS and all(map(check, value))
    )


def _is_file_table(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_ITEMS
        and all(is_text(name) and is_digest(digest) for name, digest in value.items())
    )


ASKS: Mapping[str, Mapping[str, Check]] = {
    "hello": {},
    "alive": {},
    "has": {"digests": _list_of(is_digest)},
    "keep": {"digest": is_digest, "data": _is_data},
    "prepare": {
        "folder": is_text,
        "files": _or_none(_is_file_table),
        "places": _list_of(is_text),
    },
    "compile": {"target": _or_none(is_text)},
    "slice": {
        "target": is_text,
        "seed": is_count,
        "seconds": is_seconds,
        "processors": _list_of(is_count),
    },
    "build": {
        "files": _is_file_table,
        "folder": is_text,
        "sources": _list_of(is_text),
        "stdin": _or_none(_is_data),
        "cflags": _list_of(is_text),
        "trust": _list_of(is_text),
    },
    "part": {
        "program": is_digest,
        "root": is_text,
        "words": _list_of(is_text),
        "arguments": _list_of(is_text),
        "budget_s": _or_none(is_seconds),
        "progress": _is_flag,
        "processors": _list_of(is_count),
    },
    "hand_over": {"of": is_count},
    "stop": {"of": is_count, "now": _is_flag},
}


def checked_ask(line: Mapping[str, Any]) -> str:
    """Return the name of an ask of which every field is what it may be.

    Raises
    ------
    UsageError
        Names the ask and the field.
    """
    name = line.get("ask")
    if not isinstance(name, str) or name not in ASKS:
        raise UsageError(
            f"there is no ask {str(name)[:40]!r}; there are {', '.join(ASKS)}"
        )
    fields = ASKS[name]
    if not is_count(line.get("id")):
        raise UsageError(f"{name}: id must be a number")
    for field, check in fields.items():
        if field not in line:
            raise UsageError(f"{name}: there is no {field}")
        if not check(line[field]):
            raise UsageError(f"{name}: {field} cannot be {str(line[field])[:60]!r}")
    for field in line:
        if field not in fields and field not in ("ask", "id"):
            raise UsageError(f"{name}: there is no field {str(field)[:40]!r}")
    return name
