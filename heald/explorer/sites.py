"""Sites of a program as places: addresses in what the engine says become lines people know."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heald.building.places import Place
    from heald.naming.blocks import Given

_naming = threading.Lock()
"""Debugging information is read from one file, position by position: by one thread at a time."""


def spots_of(failure: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield everything in a failure that has a place."""
    trace = failure["trace"]
    yield from failure["where"]
    yield from trace["steps"]
    yield from trace.get("pending", ())


def name_loops(program: Path, counts: Mapping[str, Any]) -> None:
    """Add file, line and function to what the engine says of where it did not follow a thread."""
    from heald.building.places import look_up

    told = [counts[key] for key in ("long_loop", "busy") if counts.get(key)]
    places = look_up(program, [loop["site"] for loop in told]) if told else {}
    for loop in told:
        place = places.get(loop["site"])
        if place is not None:
            loop |= {"file": place.file, "line": place.line, "function": place.function}


def name_places(
    program: Path,
    failures: Sequence[dict[str, Any]],
    given: Callable[[Sequence[Any]], Given] | None = None,
) -> None:
    """Turn the sites in failures into files, lines and functions; add the author's names.

    Parameters
    ----------
    given
        Says of a trace's steps which heap blocks have names from elsewhere.
    """
    if not failures:
        return
    from heald.building.places import SYSTEM, Place, look_up
    from heald.explorer.called import tell_calls, tell_own
    from heald.explorer.users_lines import tell_at_users_lines
    from heald.naming.naming import name_failure

    spots: list[dict[str, Any]] = []
    for failure in failures:
        spots += spots_of(failure)
    asked = [site for spot in spots for site in (spot["site"], *spot.get("callers", ()))]
    places = look_up(program, asked)
    unknown = Place("?", 0, "?")
    for spot in spots:
        _name_callers(spot, places)
        place = places.get(spot.pop("site"), unknown)
        if place is not unknown:
            spot |= {
                "file": place.file,
                "line": place.line,
                "function": place.function,
            }
    for failure in failures:
        tell_calls(spots_of(failure))
        tell_own(failure["where"], SYSTEM)
        for spot in failure["where"]:
            spot.setdefault("file", "?")
            spot.setdefault("line", 0)
            spot.setdefault("function", "?")
        tell_at_users_lines(failure)
        known = given(failure["trace"]["steps"]) if given is not None else None
        with _naming:
            name_failure(program, failure, given=known)
    for failure in failures:
        _name_threads(failure["trace"])
        _name_as_rust(failure)


def _name_callers(spot: dict[str, Any], places: Mapping[int, Place]) -> None:
    """Keep of those who called the author's own, innermost first."""
    from heald.building.places import SYSTEM

    called = [places[site] for site in spot.pop("callers", ()) if site in places]
    own = [
        {"file": place.file, "line": place.line, "function": place.function}
        for place in called
        if not place.file.startswith(("?", *SYSTEM)) and not _MACHINERY.search(place.file)
    ]
    if own:
        spot["callers"] = own


#: What stands between a program and its author.
_MACHINERY = re.compile(r"(^|/)(csrc/cxx/|scenario_main\.c$|glue\.c$)")
#: Where threads of C++ and of Rust begin, which says nothing of whose they are.
_BEGINNINGS = re.compile(r"execute_native_thread_routine|thread_start|scoped_routine")


def _name_threads(trace: Mapping[str, Any]) -> None:
    """Call a thread that a library starts by the first function of the program's own in it."""
    from heald.building.places import SYSTEM

    for thread in trace["threads"]:
        if not _BEGINNINGS.search(str(thread.get("name", ""))):
            continue
        own = (
            step["function"]
            for step in (*trace["steps"], *trace.get("pending", ()))
            if step["thread"] == thread["id"]
            and not step.get("function", "?").startswith(("?", "std::"))
            and not str(step.get("file", "")).startswith(SYSTEM)
        )
        thread["name"] = next(own, thread["name"])


def _name_as_rust(failure: dict[str, Any]) -> None:
    """Write the names of a Rust program as its author did."""
    spots = [*spots_of(failure), *failure["trace"]["threads"]]
    keys = ("name", "at", "old", "new", "old_name", "new_name", "function")
    texts = [
        spot[key] for spot in spots for key in keys if isinstance(spot.get(key), str)
    ]
    if "message" in failure:  # what a program printed of itself may be its names, too
        texts.append(failure["message"])
    if not any("_R" in text or "17h" in text for text in texts):
        return  # neither of the two ways that rustc mangles
    from heald.building.rust.demangled import demangled

    known = demangled(texts)
    if "message" in failure:
        failure["message"] = known.get(failure["message"], failure["message"])
    for spot in spots:
        spot |= {key: known[spot[key]] for key in keys if spot.get(key) in known}
