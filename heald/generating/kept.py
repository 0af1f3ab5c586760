"""Scenarios that were drawn from a subject's own strategy, kept: drawing costs more than exploring.

The same ones are drawn every time, as long as the strategy is the same. A strategy is Python of
its author's, so what is kept belongs to the text of everything of theirs that is loaded; one that
was made at a prompt has no text and is not kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from heald.building.cache import cache_directory, make_once
from heald.capsule import digest_of
from heald.scenario import Scenario
from heald.subject.subject import Subject

_digest_of = lru_cache(maxsize=1000)(digest_of)  # a module out of an archive has none

Draw = Callable[[], Sequence[Scenario]]

_OURS = Path(__file__).resolve().parents[1]


class _CutShort(Exception):
    """The time was over: what was drawn so far is not what is drawn every time."""

    def __init__(self, found: Sequence[Scenario]) -> None:
        super().__init__()
        self.found = list(found)


def kept_scenarios(
    subject: Subject, most: int, draw: Draw, goes_on: Callable[[], bool]
) -> list[Scenario]:
    """Return what `draw` gives, from the cache if the same was drawn before.

    Parameters
    ----------
    most
        What else it depends on.
    goes_on
        Whether `draw` had the time for all; otherwise they are not kept.
    """
    if not _has_a_text():
        return list(draw())
    name = _name(subject, most)

    def make(path: Path) -> None:
        found = draw()
        if not goes_on():
            raise _CutShort(found)
        path.write_text(json.dumps([scenario.to_json() for scenario in found]))

    try:
        kept = make_once(cache_directory() / "scenarios" / f"{name}.json", make)
    except _CutShort as cut:
        return cut.found
    return [Scenario.from_json(each) for each in json.loads(kept.read_text())]


def _has_a_text() -> bool:
    main = sys.modules.get("__main__")
    return getattr(main, "__file__", None) is not None


def _name(subject: Subject, most: int) -> str:
    import hypothesis

    digest = hashlib.sha256()
    for part in (
        repr((subject.name, most, subject.interesting, subject.roles)),
        repr(subject.scenarios),
        repr((hypothesis.__version__, sys.version_info)),
        *map(_digest_of, sorted((_OURS / "generating").glob("*.py"))),
        *authors_texts(),
    ):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:32]


def authors_texts() -> list[str]:
    """Return name and digest of every module of the author's that is loaded."""
    return [f"{path} {_digest_of(path)}" for path in sorted(set(_of_the_author()))]


def _of_the_author() -> Iterator[Path]:
    """Yield the files of modules that belong neither to Python, nor to a package, nor to us."""
    paths = sysconfig.get_paths()
    others = [Path(paths[key]).resolve() for key in ("stdlib", "purelib", "platlib")]
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not file:
            continue
        path = Path(file).resolve()
        if not any(path.is_relative_to(each) for each in (*others, _OURS)):
            yield path
