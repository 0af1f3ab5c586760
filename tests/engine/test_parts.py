"""A search that is divided while it runs: each execution has one owner, however it was cut."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from . import litmus
from .conftest import Explore

WAITS = "R a x acq; ? a == 0 -2; R b y rlx | W y 1 rlx; W x 1 rel | W x 2 rlx"
PROGRAMS = {
    "store buffering": litmus.sb(6),
    "load, then store": litmus.inc(4),
    "additions": litmus.ainc(5),
    "locks": litmus.mutex(4),
    "ticket": litmus.ticket(4),
    "test and set": litmus.ttas(3),
    "sequence lock": litmus.seqlock(2),
    "fences": litmus.sb(3, between="F sc;"),
    "compare-exchange": " | ".join(["C a x 0 1 rlx rlx; C b x 1 2 rlx rlx"] * 3),
    "waiting": WAITS,
    "one execution": "W x 1 rlx",
}


def divided(
    explore: Explore, text: str, every: int, *options: str, model: str = "rc11"
) -> list[dict[str, str]]:
    """Give a part away each so many executions, and explore all that was given, too."""
    parts, waiting = [], [("", "")]
    while waiting:
        after, until = waiting.pop()
        words = ["-H", str(every), *options]
        words += ["-A", after] * bool(after) + ["-U", until] * bool(until)
        said = explore.raw(text, *words, model=model)
        lines = [line.split(" ") for line in said.splitlines()]
        waiting += [(line[1], line[2]) for line in lines if line[0] == "share"]
        parts.append({line[0]: line[1] for line in lines if len(line) == 2})
    return parts


def visited(parts: Sequence[dict[str, str]]) -> tuple[int, int]:
    return tuple(sum(int(p[key]) for p in parts) for key in ("executions", "blocked"))


@pytest.mark.parametrize("every", [1, 7])
@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_parts_add_up_to_the_whole(explore: Explore, text: str, every: int) -> None:
    parts = divided(explore, text, every)
    assert {part["lost"] for part in parts} == {"0"}
    assert {part["exhausted"] for part in parts} == {"1"}
    assert len({part["tree"] for part in parts}) == 1
    assert visited(parts) == visited([explore(text)])


@pytest.mark.parametrize("options", [("-y",), ("-w",), ("-M",)])
def test_under_other_options_they_do_as_well(
    explore: Explore, options: tuple[str, ...]
) -> None:
    for name in ("additions", "compare-exchange", "ticket"):
        text = PROGRAMS[name]
        whole = visited([explore(text, *options)])
        assert visited(divided(explore, text, 3, *options)) == whole


def test_a_part_of_another_tree_is_lost(explore: Explore) -> None:
    given = explore.raw(litmus.inc(3), "-H", "4").splitlines()
    after, until = next(line.split(" ")[1:] for line in given if line.startswith("share"))
    assert not until
    said = explore(litmus.sb(6), "-H", "1000", "-A", after)
    assert (said["lost"], said["exhausted"], said["executions"]) == ("1", "0", "0")
    trees = {explore(t, "-H", "9")["tree"] for t in (litmus.inc(3), litmus.sb(6))}
    assert len(trees) == 2


def test_who_gives_away_keeps_the_smaller_half(explore: Explore) -> None:
    """The tree is even, so each is about the half of what there was."""
    parts = divided(explore, litmus.sb(10), 300)
    sizes = sorted(int(part["executions"]) for part in parts)
    assert sum(sizes) == 1024
    assert sizes[-1] < 600
