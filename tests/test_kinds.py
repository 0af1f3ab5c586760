from __future__ import annotations

import re

from heald.building.engine import engine_sources
from heald.explaining.search import FAMILIES
from heald.faults import clauses
from heald.kinds import KINDS, Finder, of, of_ended
from heald.parsing.finding import Status

FAILURE_H = engine_sources() / "explore" / "failure.h"


def found_by(finder: Finder) -> set[str]:
    return {word for word, kind in KINDS.items() if finder in kind.finders}


def test_kinds_of_the_explorer_are_the_words_of_failure_h() -> None:
    words = set(re.findall(r'\[FAILURE_\w+\] = "([^"]+)"', FAILURE_H.read_text()))
    judged = {"non-linearizable history"}  # C leaves that to whoever judges histories
    assert words - {"none"} - judged == found_by(Finder.EXPLORER)
    assert judged <= found_by(Finder.JUDGE) & words


def test_kinds_of_faults_are_those_of_the_clauses() -> None:
    assert set(clauses.KINDS.values()) == found_by(Finder.FAULTS)


def test_kinds_of_parsers_are_those_of_the_harness() -> None:
    sound = {"passed", "rejected", "ok"}
    assert {status.kind for status in Status} - sound == found_by(Finder.PARSING)


def test_what_is_searched_for_in_the_explorer_was_found_on_real_threads() -> None:
    assert set(FAMILIES) <= found_by(Finder.NATIVE)
    assert {kind for each in FAMILIES.values() for part in each for kind in part} <= (
        found_by(Finder.EXPLORER) | found_by(Finder.JUDGE)
    )


def test_words_the_library_writes_itself_are_rows_of_the_table() -> None:
    written = re.compile(r'\bFinding\(\s*"([^"]+)"')
    package = engine_sources().parent / "heald"
    found = {
        word
        for file in package.rglob("*.py")
        for word in written.findall(file.read_text())
    }
    assert found <= set(KINDS)


def test_a_process_that_was_killed_had_hung() -> None:
    assert [of_ended(how) for how in ("killed", "signal", "exit")] == [
        "hang",
        "crash",
        "exit",
    ]
    assert of() == frozenset()
