"""All scenarios of a size, each once, in order of size; what fails there fails every time."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Subject, Violated
from heald.generating.scope import Scope
from heald.generating.small import canonical, size
from heald.testing.explored import ExploredSearch
from heald.testing.repeated import HealdRun
from subjects import counter, ring, stack


def named(module: object, name: str) -> Subject:
    variants = module.VARIANTS  # type: ignore[attr-defined]
    found = copy.copy(next(each.subject for each in variants if each.name == name))
    found.interesting = ()  # nobody says where to look
    found.scenarios = None  # nor what is well formed
    return found


BOX = """\
#include <stdatomic.h>
struct box {{ atomic_int full; int value; }};
int put(struct box *box, int value);
int get(struct box *box);
int put(struct box *box, int value) {{
    int empty = 0;
    if (!atomic_compare_exchange_strong_explicit(&box->full, &empty, 1, memory_order_relaxed,
                                                 memory_order_relaxed))
        return 0;
    box->value = value;
    atomic_store_explicit(&box->full, 2, memory_order_{release});
    return 1;
}}
int get(struct box *box) {{
    return atomic_load_explicit(&box->full, memory_order_acquire) == 2 ? box->value : 0;
}}
"""


def box(folder: Path, release: str) -> Subject:
    """Return something that one thread fills and others look into."""
    source = folder / "box.c"
    source.write_text(BOX.format(release=release))
    return Subject(
        source,
        state="struct box",
        ops={
            "put": heald.op("int put(struct box *, int value)", value=st.integers(1, 9)),
            "get": heald.op("int get(struct box *)"),
        },
    )


@pytest.mark.parametrize(
    ("module", "name"),
    [(stack, "stack/tagged"), (counter, "counter/fetch-add-relaxed")],
)
@pytest.mark.parametrize("threads", [2, 3])
def test_a_scope_has_each_scenario_once_and_the_small_ones_first(
    module: object, name: str, threads: int
) -> None:
    subject = named(module, name)
    scope = Scope.of(subject, threads, 2)
    assert scope is not None
    found = list(scope)
    assert len(found) == scope.count
    assert len({canonical(subject, each) for each in found}) == scope.count
    assert [size(each) for each in found] == sorted(map(size, found))
    assert found == list(scope)


def test_operations_of_a_role_stay_with_their_thread() -> None:
    subject = named(ring, "ring/release-acquire")
    scope = Scope.of(subject, 2, 2)
    if scope is None:
        assert subject.scenarios is not None
        return
    for scenario in scope:
        for thread, role in zip(scenario.threads, subject.roles, strict=False):
            assert all(
                subject.operations[call.op].operation.role == role for call in thread
            )


def test_a_subject_with_a_strategy_of_its_own_has_no_scope() -> None:
    subject = named(stack, "stack/tagged")
    subject.scenarios = heald.scenarios(subject)
    assert Scope.of(subject, 2, 2) is None


def test_what_fails_in_a_scope_fails_every_time_and_in_the_same_scenario(
    tmp_path: Path,
) -> None:
    subject = box(tmp_path, "relaxed")
    found = set()
    for seed in range(20):
        search = ExploredSearch(subject, ("rc11",), "fail", 0.5, seed)
        search.run(heald.scenarios(subject, threads=2, ops=2), Scope.of(subject, 2, 2))
        assert search.smallest is not None
        found.add(search.smallest.scenario)
    assert len(found) == 1


def test_a_complete_scope_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    run = HealdRun(1, 4.0, "quick", 0, said.append)
    heald.explored(box(tmp_path, "release"), models=("rc11",))([run])
    (worth,) = said
    assert worth.startswith("all ")
    assert "scenarios of up to 2 threads x 2 calls: all executions" in worth


def test_an_unfinished_scope_says_how_much_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    run = HealdRun(1, 0.01, "quick", 0, said.append)
    heald.explored(box(tmp_path, "release"), threads=3, models=("rc11",))([run])
    (worth,) = said
    assert worth.startswith("30 of all ")


def test_a_failure_of_a_scope_has_nothing_to_spare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Violated) as caught:
        heald.explored(box(tmp_path, "relaxed"), models=("rc11",))(
            [HealdRun(1, 5.0, "quick")]
        )
    finding = caught.value.finding
    assert finding is not None
    assert finding.scenario is not None
    assert len(finding.scenario.calls) == 2
