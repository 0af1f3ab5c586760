from __future__ import annotations

import pytest

from .conftest import Explore

RACE, USE_AFTER_FREE, DOUBLE_FREE = "data race", "use after free", "double free"
INVALID_FREE, OUT_OF_BOUNDS = "invalid free", "out of bounds"
UNINITIALISED = "uninitialised read"

MISUSE = [
    ("access after the own free", "M a 1; p a 1; X a; g b a", USE_AFTER_FREE),
    (
        "atomic access after the own free",
        "M a 1; P a 1 rlx; X a; Q b a rlx",
        USE_AFTER_FREE,
    ),
    (
        "free not ordered after another thread's access",
        "M a 1; p a 1; W y a rel; R c z rlx; ? c == 0 1; X a"
        "| R a y acq; ? a == 0 2; g b a; W z 1 rlx",
        USE_AFTER_FREE,
    ),
    (
        "access not ordered before another thread's free",
        "M a 1; P a 1 rlx; W y a rel; Q b a rlx | R a y acq; ? a == 0 1; X a",
        USE_AFTER_FREE,
    ),
    (
        "stale pointer into a block that is in use again",
        "M a 1; p a 1; W y a rel; R b z rlx; ? b == 0 3; X a; M a 1; p a 2"
        "| R a y acq; ? a == 0 2; W z 1 rlx; g b a",
        USE_AFTER_FREE,
    ),
    ("two frees", "M a 1; X a; X a", DOUBLE_FREE),
    (
        "two threads free",
        "M a 1; W y a rel; X a | R a y acq; ? a == 0 1; X a",
        DOUBLE_FREE,
    ),
    ("free of the middle", "M a 2; W x a+8 rlx; R b x rlx; X b", INVALID_FREE),
    ("free of no block", "M a 1; W x a+80 rlx; R b x rlx; X b", INVALID_FREE),
    ("write behind the end", "M a 1; W x a+8 rlx; R b x rlx; p b 1", OUT_OF_BOUNDS),
    ("read far behind", "M a 1; W x a+80 rlx; R b x rlx; g c b", OUT_OF_BOUNDS),
    ("atomic behind the end", "M a 1; W x a+8 rlx; R b x rlx; P b 1 rlx", OUT_OF_BOUNDS),
    ("read of uninitialised memory", "M a 2; g b a", UNINITIALISED),
    ("atomic read of uninitialised memory", "M a 1; Q b a rlx", UNINITIALISED),
    (
        "a block in use again is uninitialised",
        "M a 1; p a 1; X a; M a 1; g b a",
        UNINITIALISED,
    ),
    (
        "published without release",
        "M a 1; p a 1; W y a rlx | R a y rlx; ? a == 0 1; g b a",
        RACE,
    ),
]


@pytest.mark.parametrize("search", ["exhaustive", "mixed"])
@pytest.mark.parametrize("case", MISUSE, ids=lambda case: case[0])
def test_misuse_of_the_heap_is_found(
    explore: Explore, case: tuple[str, str, str], search: str
) -> None:
    said = explore(case[1], "-s", search, "-n", "500")
    assert said["failure"].split(":")[0] == case[2]


SOUND = [
    ("own block", "M a 2; p a 1; g b a; X a"),
    ("used again", "M a 1; p a 1; X a; M a 1; p a 2; g b a; X a"),
    (
        "handed over",
        "M a 1; p a 7; W y a rel | R a y acq; ? a == 0 3; g b a; A b == 7; X a",
    ),
    (
        "last one out frees",
        "M a 1; P a 2 rlx; W y a rel; Q b a acq; U c z add 1 ar; ? c != 1 1; X a"
        "| R a y acq; ? a == 0 3; Q b a rlx; U c z add 1 ar; ? c != 1 1; X a",
    ),
    (
        "atomic again after another life",
        "M a 1; P a 1 rlx; X a; M a 1; P a 2 rlx; Q b a rlx; A b == 2; X a",
    ),
]


@pytest.mark.parametrize("model", ["rc11", "sc", "tso"])
@pytest.mark.parametrize("case", SOUND, ids=lambda case: case[0])
def test_sound_use_of_the_heap_passes(
    explore: Explore, case: tuple[str, str], model: str
) -> None:
    said = explore(case[1], model=model)
    assert (said["failures"], said["exhausted"]) == ("0", "1")


def test_the_default_sampler_agrees_that_it_is_sound(explore: Explore) -> None:
    for _, text in SOUND:
        assert explore(text, "-s", "mixed", "-n", "500")["failures"] == "0"


def test_a_leak_is_found_where_it_matters(explore: Explore) -> None:
    text = "M a 1; p a 1; R b x rlx; ? b == 1 1; X a | W x 1 rlx"
    assert explore(text)["failures"] == "0"
    assert explore(text, "-l")["failure"].startswith("leak: ")
