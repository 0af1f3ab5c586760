"""The table of errnos is what this kernel says, pair by pair, and another errno is noticed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace

import pytest

from heald.faults import Case, Clause, Host, Sink, Source
from heald.faults.availability import fuse, small_file_system
from heald.faults.checking import check
from heald.faults.contract import SERVED
from heald.faults.errnos import FULL, LIMITED, of_a_gone_peer, refused
from heald.faults.methods import BY_NAME
from subjects.transfer import flawed, sound

ANY_ERRNO = frozenset(range(1, 128))
#: Each call through the subject that makes no other.
CALLS = {"sendfile": "sendfile", "splice": "splice", "copy_file_range": "copy_range"}


@pytest.fixture(scope="module", params=CALLS)
def asked(request: pytest.FixtureRequest) -> Iterator[tuple[str, Host]]:
    with Host(sound(CALLS[request.param]), wrapped=False) as host:
        yield request.param, host


def answer(host: Host, case: Case) -> int:
    """Give the errno that a case ends with, 0 for success; whatever it is, it is no failure."""
    ran = host.run_one(case.with_(natural=ANY_ERRNO, shares=True, zeros=True))
    assert ran.result is not None, ran.detail
    assert not ran.broken & ~Clause.SHORT, ran.explain()
    return ran.result.error


@pytest.mark.parametrize("source", Source, ids=lambda source: source.name)
@pytest.mark.parametrize("sink", Sink, ids=lambda sink: sink.name)
def test_a_pair_is_refused_as_the_table_says_or_works(
    asked: tuple[str, Host], source: Source, sink: Sink
) -> None:
    call, host = asked
    if (SERVED & {source} or sink is Sink.FUSE) and (reason := fuse()) is not None:
        pytest.skip(reason)
    if sink is Sink.FULL and (reason := small_file_system()) is not None:
        pytest.skip(reason)
    if source in SERVED and sink is Sink.FUSE and call == "copy_file_range":
        pytest.skip("one FUSE file system: whether it can copy is its own matter")
    size = 0 if source in (Source.PROC, Source.SEQ) else 100
    case = Case(source=source, sink=sink, size=size, count=100, peer=True)
    allowed = refused(call).get((source, sink), frozenset())
    found = answer(host, case)
    assert found in allowed | {0}, errno.errorcode.get(found)


@pytest.mark.parametrize("sink", [Sink.PIPE, Sink.UNIX, Sink.TCP])
@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
def test_a_peer_that_is_gone_gives_what_the_table_says(sink: Sink, reset: bool) -> None:
    case = Case(
        sink=sink,
        size=300_000,
        count=300_000,
        peer=True,
        send_buffer=1,
        receive_buffer=1,
        vanish_after=100,
        reset=reset and sink is Sink.TCP,
    )
    with Host(sound("sendfile"), wrapped=False) as host:
        found = {answer(host, case) for _ in range(20)}
    assert found
    assert found <= of_a_gone_peer(sink), {errno.errorcode.get(each) for each in found}


def test_no_two_reasons_share_an_errno() -> None:
    assert not LIMITED & FULL
    assert not (LIMITED | FULL) & of_a_gone_peer(Sink.TCP)
    assert of_a_gone_peer(Sink.FILE) == frozenset()


def test_an_errno_of_another_pair_is_wrong_here() -> None:
    subject = flawed("sendfile", "one errno for all")
    pipes = replace(
        subject, contract=replace(subject.contract, sinks=frozenset({Sink.PIPE}))
    )
    report = check(pipes, BY_NAME["vanish"], seed=1, count=200, stop_at_failure=True)
    assert [ran.broken for ran in report.failures] == [Clause.ERRNO]
    assert report.failures[0].result is not None
    assert report.failures[0].result.error == errno.ECONNRESET
    tcp = replace(
        subject, contract=replace(subject.contract, sinks=frozenset({Sink.TCP}))
    )
    assert not check(tcp, BY_NAME["vanish"], seed=1, count=50).failures
