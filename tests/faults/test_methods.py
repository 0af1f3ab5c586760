"""The fault methods draw within the contract, the same from the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from heald.faults import Case, Clause, Host, Sink, Source
from heald.faults.case import CASE_BYTES, MOST_STEPS
from heald.faults.checking import cases_of, check
from heald.faults.methods import BY_NAME, METHODS, Method
from subjects.transfer import CONTRACTS, FLAWS, SOUND, flawed, sound

PAIRS = [(subject, method) for subject in SOUND for method in METHODS]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_cases_stay_within_the_contract(method: Method) -> None:
    for subject in SOUND:
        contract = subject.contract
        for case in cases_of(method, subject, seed=3, count=50):
            assert case.source in contract.reachable_sources
            assert case.sink in contract.reachable_sinks
            assert case.offset <= contract.offset
            assert len(case.steps) <= MOST_STEPS
            assert bool(case.steps) == (method.wrapped or case.notify)
            assert len(case.pack()) == CASE_BYTES


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_seed_draws_the_same_cases(method: Method) -> None:
    subject = sound("best")
    first = list(cases_of(method, subject, seed=5, count=20))
    assert first == list(cases_of(method, subject, seed=5, count=20))
    if len(first) == 20:
        assert first != list(cases_of(method, subject, seed=6, count=20))


def test_a_bulk_seed_gives_the_same_failure_again() -> None:
    with Host(flawed("sendfile", "textbook")) as host:
        first, again = host.bulk(9, 500), host.bulk(9, 500)
        assert first.failures
        assert [ran.case for ran in first.failures] == [
            ran.case for ran in again.failures
        ]
        alone = host.bulk(first.failures[0].seed or 0, 1)
        assert [ran.case for ran in alone.failures] == [first.failures[0].case]


def test_every_method_is_meant_to_catch_something() -> None:
    meant = {
        name
        for flaws in FLAWS.values()
        for flaw in flaws.values()
        for name in flaw.caught_by
    }
    # "alias" holds contracts, "pipes" and "queue" may overlap with others: see below.
    assert set(BY_NAME) - meant <= {"alias", "pipes"}


def test_a_promise_to_copy_is_held_against_the_pages_themselves() -> None:
    liar = sound("sendfile")
    liar = replace(liar, contract=replace(liar.contract, shares=False))
    report = check(liar, BY_NAME["alias"], seed=1, count=50)
    kinds = {ran.broken for ran in report.failures}
    assert kinds == {Clause.ALIAS}
    assert all(ran.case.sink in (Sink.PIPE, Sink.UNIX) for ran in report.failures)


def test_a_full_pipe_of_one_slot_shows_a_half_that_is_not_looped() -> None:
    report = check(
        flawed("tee", "forwards once"),
        BY_NAME["pipes"],
        seed=1,
        count=400,
        stop_at_failure=True,
    )
    assert report.failures


def test_every_refusal_is_drawn_with_its_errnos() -> None:
    for name, contract in CONTRACTS.items():
        if Sink.APPEND not in contract.refuses:
            continue
        drawn = [
            case
            for case in cases_of(BY_NAME["odd"], sound(name), seed=1, count=20)
            if case.sink is Sink.APPEND
        ]
        assert drawn
        assert all(contract.refuses[Sink.APPEND] <= case.natural for case in drawn)


ASKED = Case(size=5000, count=5000)


@pytest.fixture(scope="module")
def read_write() -> Iterator[Host]:
    with Host(sound("read_write"), wrapped=False) as host:
        yield host


@pytest.mark.parametrize(
    "source", [Source.FILE, Source.DISK, Source.PIPE, Source.UNIX, Source.TCP]
)
@pytest.mark.parametrize(
    "sink", [Sink.FILE, Sink.DISK, Sink.APPEND, Sink.PIPE, Sink.UNIX, Sink.TCP]
)
def test_every_pair_of_descriptors_is_opened_and_seen(
    read_write: Host, source: Source, sink: Sink
) -> None:
    case = ASKED.with_(source=source, sink=sink, peer=True, zeros=True)
    result = read_write.run_one(case).result
    assert result is not None
    assert (result.broken, result.moved, result.arrived) == (0, 5000, 5000)
