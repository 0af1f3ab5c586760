"""The fault methods draw within the contract, the same from the same seed."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import find, settings
from hypothesis.strategies import DrawFn, composite

from heald.faults import Action, Case, Clause, Host, Sink, Source, Step, availability
from heald.faults.case import MOST_STEPS
from heald.faults.checking import cases_of, check
from heald.faults.choose import Drawn
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
            acts = method.wrapped or case.notify or case.outside
            if case.together and not contract.scripted:
                acts = False  # it only runs beside another
            assert bool(case.steps) == acts


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


@pytest.mark.parametrize("name", ["sendfile", "splice", "copy_range", "uring"])
def test_a_refusal_is_drawn_with_the_errnos_of_its_pair(name: str) -> None:
    if name not in CONTRACTS:
        pytest.skip("this kernel has no such ring")
    drawn = [
        case
        for case in cases_of(BY_NAME["odd"], sound(name), seed=1, count=40)
        if case.sink is Sink.APPEND
    ]
    assert drawn
    expected = {errno.EBADF} if name == "copy_range" else {errno.EINVAL}
    assert {case.natural for case in drawn} == {frozenset(expected)}


def test_a_pair_that_works_is_allowed_no_errno() -> None:
    contract = CONTRACTS["copy_range"]
    assert contract.refusals(Source.DISK, Sink.DISK) == frozenset()
    assert contract.refusals(Source.DISK, Sink.FILE) == {errno.EXDEV}


#: A script for the file system, and what of it must reach a subject that reads and writes.
SERVED_CASES = {
    "reads come short": (
        Case(source=Source.LIAR, size=9000, count=9000, steps=(Step(Action.CAP, 1),) * 8),
        (0, 9000),
    ),
    "reads are interrupted": (
        Case(
            source=Source.LIAR,
            size=9000,
            count=9000,
            steps=(Step(Action.ERRNO, errno.EINTR),),
        ),
        (0, 9000),
    ),
    "a place of the source is bad": (
        Case(
            source=Source.FUSE,
            size=60_000,
            count=60_000,
            steps=(Step(Action.PASS), Step(Action.PASS), Step(Action.ERRNO, errno.EIO)),
        ),
        (errno.EIO, None),
    ),
    "writes come short": (
        Case(sink=Sink.FUSE, size=9000, count=9000, steps=(Step(Action.CAP, 1),) * 8),
        (0, 9000),
    ),
    "the sink is full": (
        Case(
            sink=Sink.FUSE,
            size=9000,
            count=9000,
            steps=(Step(Action.CAP, 100), Step(Action.ERRNO, errno.ENOSPC)),
        ),
        (errno.ENOSPC, 100),
    ),
}


@pytest.mark.parametrize("name", SERVED_CASES)
def test_the_file_system_does_what_its_script_says(name: str) -> None:
    if (reason := availability.fuse()) is not None:
        pytest.skip(reason)
    case, (error, moved) = SERVED_CASES[name]
    with Host(sound("read_write"), wrapped=False) as host:
        ran = host.run_one(
            case.with_(outside=True, natural=frozenset({errno.EIO, errno.ENOSPC}))
        )
    assert ran.result is not None, ran.detail
    assert not ran.broken, ran.explain()
    assert ran.result.error == error
    assert ran.result.moved == moved or (moved is None and ran.result.moved < case.size)
    assert ran.result.steps_used >= min(2, len(case.steps)), "the script was not used"


def test_a_file_that_lies_about_its_size_is_empty_to_sendfile() -> None:
    if (reason := availability.fuse()) is not None:
        pytest.skip(reason)
    with Host(sound("sendfile"), wrapped=False) as host:
        ran = host.run_one(Case(source=Source.LIAR, size=9000, count=9000, outside=True))
    assert ran.broken == Clause.SHORT
    assert ran.result is not None
    assert ran.result.moved == 0


@pytest.mark.slow
def test_what_a_file_system_shows_shrinks_to_three_steps() -> None:
    if (reason := availability.fuse()) is not None:
        pytest.skip(reason)
    subject = flawed("best", "zero is the end")

    @composite
    def cases(draw: DrawFn) -> Case:
        case = BY_NAME["fuse"].draw(Drawn(draw), subject.contract)
        assert case is not None
        return case

    with Host(subject, wrapped=False, deadline_s=20) as host:
        case = find(
            cases(),
            lambda drawn: bool(host.run_one(drawn).broken),
            settings=settings(max_examples=3000, deadline=None, database=None),
        )
    assert 1 <= len(case.steps) <= 3


def test_a_file_server_ends_with_its_worker() -> None:
    if (reason := availability.fuse()) is not None:
        pytest.skip(reason)
    mounts = Path("/proc/self/mountinfo").read_text()
    with Host(sound("read_write"), wrapped=False) as host:
        assert not host.run_one(Case(source=Source.FUSE, size=9, count=9)).broken
        worker = host._process
        assert worker is not None
        [server] = (
            Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
        )
        assert Path("/proc/self/mountinfo").read_text() == mounts, "the mount has a place"
    deadline = time.monotonic() + 60
    while _runs(int(server)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(int(server))


def _runs(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


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
