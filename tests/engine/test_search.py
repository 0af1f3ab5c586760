from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.litmus.test_litmus import TABLE
from tests.oracle.printer import to_script
from tests.oracle.program import parse
from tests.programs.reference import COUNTED

from . import litmus
from .conftest import Explore

#: Programs that are counted as C as well: the search alone must come to the same numbers.
ALSO_IN_C = {
    ("sb", 10): litmus.sb(10),
    ("sb_fences", 8): litmus.sb(8, between="F sc;"),
    ("lb", 8): litmus.lb(8),
    ("inc", 4): litmus.inc(4),
    ("ainc", 6): litmus.ainc(6),
    ("writers", 6): litmus.writers(6),
    ("readers", 10): litmus.readers(10),
    ("casrot", 8): litmus.casrot(8),
    ("lastzero", 8): litmus.lastzero(8),
    ("iriw", 5): litmus.iriw(5),
    ("mutex", 5): litmus.mutex(5),
    ("caslock", 4): litmus.caslock(4),
    ("ttas_lock", 3): litmus.ttas(3),
    ("ticket_lock", 5): litmus.ticket(5),
    ("seqlock", 3): litmus.seqlock(3),
}


def counted(program: str, size: int) -> tuple[int, int | None, int | None]:
    """Return the reference's executions under rc11 and sc, and under tso, which lies between."""
    (row,) = (each for each in COUNTED if (each.program, each.n) == (program, size))
    return row.rc11, row.sc, row.rc11 if row.rc11 == row.sc else None


def judged(*names: str) -> Iterator[tuple[str, str, int, int, int]]:
    """Yield rows of the table of litmus programs, in the form of ``COUNTS``."""
    for name in names:
        text, _, row = TABLE[name]
        yield name, to_script(parse(text)), row.rc11, row.sc, row.tso


COUNTS = [  # name, program, rc11, sc, tso (None: not pinned)
    *(
        (f"{program} {size}", text, *counted(program, size))
        for (program, size), text in ALSO_IN_C.items()
    ),
    *judged("SB relaxed", "SB seq_cst", "LB relaxed", "MP relaxed", "MP release-acquire"),
    *judged("IRIW release-acquire", "IRIW seq_cst", "2+2W relaxed", "S relaxed", "Z6.U"),
    *judged("two readers agree on two writers"),
    (
        "wrc with dependency",
        "W x 1 rlx | R a x rlx; W y a rlx | R a y rlx; ? a == 0 1; R b x rlx; R c x rlx",
        *(None, None, None),
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rc11", "sc", "tso"])
@pytest.mark.parametrize("case", COUNTS, ids=lambda case: case[0])
def test_every_execution_is_visited_once(
    explore: Explore,
    case: tuple[str, str, int | None, int | None, int | None],
    model: str,
) -> None:
    text, wanted = case[1], dict(zip(("rc11", "sc", "tso"), case[2:], strict=True))[model]
    said = explore(text, model=model)
    assert said["exhausted"] == "1"
    assert said["failures"] == "0"
    assert said["executions"] == said["distinct"]
    if wanted is not None:
        assert int(said["executions"]) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "W x 1 sc | W x 2 rlx | R a x acq; R b x sc; R c y sc; ? a != 1 4; ? b != 2 3;"
        "? c != 0 2; W p 1 rlx | W y 1 sc; R d x sc; ? d != 0 1; W q 1 rlx"
        "{R a p acq; R b q acq; ? a == 0 2; ? b == 0 1; A a == 9}",
    ],
    ids=["hb on one location is part of scb"],
)
def test_corner_case_of_rc11_is_forbidden(explore: Explore, text: str) -> None:
    assert explore(text)["failures"] == "0"


def test_corner_case_of_rc11_is_allowed(explore: Explore) -> None:
    """Steps of sb; hb; sb count only where both change location."""
    text = (
        "W x 1 sc; W x 3 rel | R a x acq; R b y sc; ? a != 3 2; ? b != 0 1; W p 1 rlx"
        "| W y 1 sc; R d x sc; ? d != 0 1; W q 1 rlx"
        "{R a p acq; R b q acq; ? a == 0 2; ? b == 0 1; A a == 9}"
    )
    assert explore(text)["failures"] == "1"


def test_behaviour_is_remembered(explore: Explore) -> None:
    said = explore(litmus.sb(10))
    assert int(said["runs"]) < 50 < int(said["executions"])


def test_forgetting_behaviour_changes_nothing(explore: Explore) -> None:
    said = explore(litmus.seqlock(3), "-c", "70000")
    assert (said["executions"], said["distinct"]) == ("9801", "9801")


def test_max_executions_holds(explore: Explore) -> None:
    said = explore(litmus.sb(10), "-n", "100")
    assert (said["executions"], said["exhausted"]) == ("100", "0")
