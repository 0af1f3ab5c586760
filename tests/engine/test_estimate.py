"""The estimate of an exhaustive search: made by probes before it, exact after it."""

from __future__ import annotations

import statistics

import pytest

from . import litmus
from .conftest import Explore

# Executions, and how far the mean of some estimates may be off: where subtrees differ much in
# size, most probes come to little and a few to very much.
KNOWN = {
    "store buffering": (litmus.sb(8), 256, 0.01),
    "stores": (" | ".join(f"W x {i} rlx" for i in range(6)), 720, 0.01),
    "readers": (" | ".join(["W x 1 rlx", *["R a x rlx"] * 8]), 256, 0.01),
    "load, then store": (litmus.inc(4), 576, 0.3),
    "additions": (litmus.ainc(5), 120, 0.3),
    "locks": (litmus.mutex(4), 24, 0.3),
    "iriw": (litmus.iriw(4), 256, 0.05),
}
SHAPES = {
    **{name: text for name, (text, _, _) in KNOWN.items()},
    "ticket": litmus.ticket(3),
    "fences": litmus.sb(3, between="F sc;"),
    "seq_cst": litmus.sb(4, "sc"),
    "compare-exchange": " | ".join(["C a x 0 1 rlx rlx; C b x 1 2 rlx rlx"] * 3),
    "waiting": "R a x acq; ? a == 0 -2; R b y rlx | W y 1 rlx; W x 1 rel | W x 2 rlx",
}


@pytest.mark.parametrize(("text", "count", "within"), KNOWN.values(), ids=KNOWN.keys())
def test_the_mean_of_the_estimates_is_close(
    explore: Explore, text: str, count: int, within: float
) -> None:
    """Seeds are fixed, so this is no matter of chance."""
    estimates = [
        float(explore(text, "-n", "1", "-S", str(seed))["estimate"]) for seed in range(6)
    ]
    assert statistics.fmean(estimates) == pytest.approx(count, rel=within)


@pytest.mark.parametrize("model", ["rc11", "sc"])
@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_shares_add_up_to_the_whole_and_the_estimate_becomes_the_count(
    explore: Explore, text: str, model: str
) -> None:
    for options in ((), ("-w", "-y")) if model == "rc11" else ((),):
        said = explore(text, *options, model=model)
        assert float(said["shares"]) == pytest.approx(1, abs=1e-6)
        visited = int(said["executions"]) + int(said["blocked"])
        assert float(said["estimate"]) == visited


def test_probes_are_not_counted_and_show_nothing(explore: Explore) -> None:
    said = explore.raw("W x 1 rlx; W x 2 rlx | R a x rlx; A a != 1", "-k", "-p")
    assert said.count("schedule ") == 2
    assert "failures 1" in said
