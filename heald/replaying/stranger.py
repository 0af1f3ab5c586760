"""What a capsule may ask for: a file that somebody mailed is data, and judged as such.

A replay compiles and runs the code that a capsule names or carries; that is what it is for.
But the capsule itself must not run or write anything else. So of a compiler's options only
those pass that say how its code is compiled (others start programs and write files), places
lie in the directory where it is replayed, and every setting has its type and its size.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from heald.capsule import Capsule
from heald.verdicts import UsageError

_NAMES = (
    "aggressive-loop-optimizations|asynchronous-unwind-tables|builtin(-\\w+)?|char8_t|common|"
    "cx-limited-range|data-sections|delete-null-pointer-checks|exceptions|fast-math|"
    "finite-math-only|freestanding|function-sections|gcse|gnu89-inline|hosted|if-conversion|"
    "inline(-\\w+)*|ipa-\\w+|ivopts|lto|math-errno|merge-constants|ms-extensions|"
    "non-call-exceptions|omit-frame-pointer|pack-struct|partial-inlining|peephole2?|pic|PIC|"
    "pie|PIE|plan9-extensions|plt|reorder-(blocks|functions)|rounding-math|rtti|"
    "sanitize|sanitize-recover|schedule-insns2?|short-(enums|wchar)|signed-(char|zeros)|"
    "split-stack|stack-(clash-protection|protector(-\\w+)?)|strict-(aliasing|overflow)|"
    "thread-jumps|threadsafe-statics|tls-model|trapping-math|trapv|tree-[\\w-]+|"
    "unroll-(all-)?loops|unsafe-math-optimizations|unsigned-char|unwind-tables|"
    "vect-cost-model|visibility|visibility-inlines-hidden|wrapv(-pointer)?"
)
_ALONE = re.compile(
    r"-[DU][A-Za-z_]\w*(\([\w, .]*\))?(=.*)?|-I.+|-iquote.+|-isystem.+|-idirafter.+|"
    r"-std=[\w+]+|-ansi|-pedantic(-errors)?|-O([0-3sgz]|fast)?|-g(dwarf-?)?[0-5]?|-pthread|"
    rf"-f(no-)?({_NAMES})(=[\w,-]+)?|-m[a-z0-9][\w.=+-]*|-W(no-)?[a-z0-9][\w=+-]*|-w|"
    r"--edition=20\d\d|-A[a-z_]+|--release|--all-features|--no-default-features|"
    r"-l[\w+.-]+|-x(c|c\+\+|rust)|-static-libgcc|--param=[\w-]+=\d+",
    re.DOTALL,
)
#: Options that are followed by a word: a name, or a folder that is only read.
_FOLLOWED = frozenset(
    {"-D", "-U", "-I", "-iquote", "-isystem", "-idirafter", "-include"}
    | {"--cfg", "--bin", "--example", "--test", "--features"}
)
_LONGEST = 1 << 20
_SCHEDULE = re.compile(r"v1:(@[0-9a-f]+\+\d+ )*(\d+(\*\d+|\.\d+w?)?( |$))*")


def check_capsule(capsule: Capsule) -> None:
    """Refuse a capsule that asks for more than a replay is, where it is replayed.

    Raises
    ------
    UsageError
        With the name of the field, and what is accepted.
    """
    check_fields(capsule)
    _check_place(capsule.place)


def check_fields(capsule: Capsule) -> None:
    """Refuse what no capsule has in its fields, before anything of it is as much as shown.

    Raises
    ------
    UsageError
        With the name of the field, and what is accepted.
    """
    check_flags(capsule.flags)
    _each(capsule.sources, "sources", str)
    if capsule.seed is not None and not 0 <= capsule.seed < 2**63:
        raise damaged("seed", "must be 0 to 2^63 - 1")
    if not 0 <= capsule.count < 2**62:
        raise damaged("count", "must be a count")
    _check_settings(capsule)


def check_flags(flags: Sequence[Any]) -> None:
    """Refuse options that do more than say how code is compiled.

    Raises
    ------
    UsageError
        With the option.
    """
    words = iter(flags)
    for word in words:
        if not isinstance(word, str) or len(word) > _LONGEST or "\0" in word:
            raise damaged("flags", "must be a list of texts")
        if word in _FOLLOWED:
            name = next(words, None)
            if not isinstance(name, str) or name.startswith(("-", "@")):
                raise damaged("flags", f"{word} must be followed by a name")
        elif not _ALONE.fullmatch(word):
            raise UsageError(
                f"the capsule asks for the compiler option {word!r}, which may run programs "
                "or write files: compile and check its sources yourself, with heald check"
            )


def check_carried(carried: Mapping[str, Any]) -> None:
    """Refuse carried files that would lie, or be looked for, outside of their folder.

    Raises
    ------
    UsageError
        With the name of the field.
    """
    if not carried:
        return
    _named_texts(carried.get("texts"), "carried.texts")
    for key in ("folder", "place"):
        _text(carried.get(key), f"carried.{key}")
    home = os.path.normpath(os.path.join(carried["folder"], carried["place"]))
    for name in (*carried["texts"], carried["folder"], home):
        _text(name, "carried")
        if (
            not name
            or name.startswith("/")
            or ".." in Path(name).parts
            or len(name) > 4096
        ):
            raise damaged("carried", f"has {name!r}, which is no name in a folder")
    if Path(carried["place"]).suffix != ".py":
        raise damaged("carried.place", "must be a Python file")


def inside(name: str, folder: Path | None = None) -> bool:
    """Whether a path lies in the directory where the capsule is replayed."""
    here = (folder or Path.cwd()).resolve()
    try:
        return (here / name).resolve().is_relative_to(here)
    except (OSError, ValueError, RuntimeError):
        return False


def damaged(field: str, why: str) -> UsageError:
    """Return the error for a field of a capsule."""
    return UsageError(f'a damaged capsule: "{field}" {why}')


def _check_place(place: str) -> None:
    if not place or "\0" in place or len(place) > 4096:
        raise damaged("place", "must be a folder, a Python file or a module")
    if place.replace(".", "").replace("_", "").isalnum() and not Path(place).exists():
        found = _origin_of(place)
        if found is None or inside(found):
            return
    elif inside(place):
        return
    raise UsageError(
        f"the capsule's place {place!r} is not in the directory where it is replayed "
        f"({Path.cwd()}): run heald replay in the directory that the place is in"
    )


def _origin_of(module: str) -> str | None:
    """Return the file of a module without importing anything."""
    top = Path.cwd().joinpath(*module.split("."))
    for local in (top.with_suffix(".py"), top):
        if local.exists():
            return str(local)
    try:
        spec = find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return None
    return spec.origin if spec is not None else None


def _check_settings(capsule: Capsule) -> None:
    settings = capsule.settings
    for name, check in _SETTINGS.items():
        if name in settings:
            check(settings[name], f"settings.{name}")
    if capsule.check == "explored":
        if not isinstance(settings.get("schedule"), str):
            raise damaged("settings.schedule", "is missing")
        if capsule.scenario is None:
            for name in ("sources", "texts", "arguments", "search", "model"):
                if name not in settings:
                    raise damaged(f"settings.{name}", "is missing")
    elif capsule.check == "transfer" and not isinstance(settings.get("case"), dict):
        raise damaged("settings.case", "is missing")
    elif capsule.check == "message" and not isinstance(settings.get("data"), str):
        raise damaged("settings.data", "is missing")


def _each(value: Any, name: str, kind: type) -> None:
    if not isinstance(value, Mapping) or not all(
        isinstance(key, str) and isinstance(each, kind) for key, each in value.items()
    ):
        raise damaged(name, "must be an object of texts")


def _texts(value: Any, name: str) -> None:
    if not isinstance(value, list) or not all(
        isinstance(each, str) and "\0" not in each and len(each) <= _LONGEST
        for each in value
    ):
        raise damaged(name, "must be a list of texts")


def _named_texts(value: Any, name: str) -> None:
    _each(value, name, str)
    if sum(map(len, value.values())) > 64 * _LONGEST:
        raise damaged(name, "is too large")


def _text(value: Any, name: str) -> None:
    if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
        raise damaged(name, "must be a text")


def _absolute(value: Any, name: str) -> None:
    _text(value, name)
    if not value.startswith("/") or ".." in Path(value).parts:
        raise damaged(name, "must be an absolute path")


def _schedule(value: Any, name: str) -> None:
    _text(value, name)
    if not _SCHEDULE.fullmatch(value):
        raise damaged(name, "must be a schedule: v1: and steps such as 0*3 1.2")


def _hex(value: Any, name: str) -> None:
    _text(value, name)
    if not re.fullmatch(r"([0-9a-f]{2})*", value):
        raise damaged(name, "must be bytes in hexadecimal")


def _truth(value: Any, name: str) -> None:
    if not isinstance(value, bool):
        raise damaged(name, "must be true or false")


_SETTINGS: Mapping[str, Callable[[Any, str], None]] = {
    "sources": _texts,
    "texts": _named_texts,
    "arguments": _texts,
    "orders": _texts,
    "folder": _absolute,
    "schedule": _schedule,
    "model": _text,
    "search": _text,
    "mutant": _text,
    "data": _hex,
    "checked": _truth,
    "shown": _texts,
}
