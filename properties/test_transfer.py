"""Transfers against a byte oracle: drawn scripts and inputs, and what the real kernel does.

Sound variants keep every clause of their contract in every case. Each flawed variant must be
caught by the methods that ``subjects/transfer.py`` names for it, and Hypothesis must shrink
what the script finds to at most three steps.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from heald.faults import Case, Host, TransferSubject, checking
from heald.faults.choose import Drawn, Seeded
from heald.faults.methods import BY_NAME, METHODS, Method
from subjects.transfer import FLAWS, SOUND, flawed

#: How much longer than the quick profile this one runs.
SCALE = max(1, settings().max_examples // 100)
#: What a cell of a sound variant may cost, in ms of cases.
SOUND_CELL_MS = 60 * SCALE
#: Drawn one by one by Hypothesis: those whose cases are quick and say the same every time.
DETERMINISTIC = ("script", "hooks", "limit", "odd", "alias", "fuse")
#: Bulk cases of each sound variant.
BULK_CASES = 10_000 * SCALE


@st.composite
def cases(draw: st.DrawFn, method: Method, subject: TransferSubject) -> Case:
    case = method.draw(Drawn(draw), subject.contract)
    assert case is not None
    return case


@pytest.fixture(scope="module", params=SOUND, ids=lambda subject: subject.name)
def sound(request: pytest.FixtureRequest) -> TransferSubject:
    subject: TransferSubject = request.param
    return subject


@pytest.fixture(scope="module", params=[True, False], ids=["shim", "kernel"])
def host(request: pytest.FixtureRequest, sound: TransferSubject) -> Iterator[Host]:
    if request.param and not sound.contract.scripted:
        pytest.skip("its calls cannot be intercepted")
    with Host(sound, wrapped=request.param) as host:
        yield host


@given(data=st.data())
@settings(deadline=None, max_examples=max(10, settings().max_examples // 4))
def test_sound_transfer_keeps_its_contract_in_drawn_cases(
    sound: TransferSubject,
    host: Host,
    request: pytest.FixtureRequest,
    data: st.DataObject,
) -> None:
    wrapped = request.node.callspec.params["host"]
    methods = [
        BY_NAME[name] for name in DETERMINISTIC if BY_NAME[name].wrapped is wrapped
    ]
    methods = [each for each in methods if each.missing() is None]
    methods = [each for each in methods if each.draw(Seeded(1), sound.contract)]
    assume(methods)
    case = data.draw(cases(data.draw(st.sampled_from(methods)), sound))
    ran = host.run_one(case)
    assert not ran.broken, f"{case}\n" + "\n".join(ran.explain())


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_sound_transfer_survives(sound: TransferSubject, method: Method) -> None:
    reason = method.missing()
    if reason is not None:
        pytest.skip(reason)
    if method.draw(Seeded(1), sound.contract) is None:
        pytest.skip("outside the contract")
    count = max(2, min(300 * SCALE, int(SOUND_CELL_MS / method.cost_ms)))
    report = checking.check(sound, method, seed=2, count=count)
    first = report.failures[0] if report.failures else None
    assert first is None, f"{first.case}\n" + "\n".join(first.explain())


def test_sound_transfer_survives_thousands_of_scripts(sound: TransferSubject) -> None:
    if not sound.contract.scripted:
        pytest.skip("its calls cannot be intercepted")
    with Host(sound) as host:
        report = host.bulk(3, BULK_CASES)
    assert report.ran == BULK_CASES
    assert report.calls > BULK_CASES, "the shim saw too few calls to mean anything"
    assert report.failed == 0, report.failures[0].explain()


MEANT = [
    pytest.param(name, variant, method, id=f"{name}-{variant}-{method}".replace(" ", "_"))
    for name, flaws in FLAWS.items()
    for variant, flaw in flaws.items()
    for method in sorted(flaw.caught_by)
]


@pytest.mark.parametrize(("name", "variant", "method"), MEANT)
def test_flawed_transfer_is_caught(name: str, variant: str, method: str) -> None:
    how = BY_NAME[method]
    reason = how.missing()
    if reason is not None:
        pytest.skip(reason)
    report = checking.check(
        flawed(name, variant), how, seed=1, count=2000, stop_at_failure=True, deadline_s=1
    )
    assert report.failures, f"{report.ran} cases of {method} and no failure"


#: The counterexamples that docs/zero-copy.md shows.
SHRUNK = [
    ("sendfile", "textbook"),
    ("sendfile", "EINTR counted"),
    ("sendfile", "EAGAIN skips"),
    ("sendfile", "spins"),
    ("sendfile", "advances twice"),
    ("splice", "textbook"),
    ("splice", "drops residue"),
    ("splice", "keeps residue"),
    ("splice", "leaks on error"),
    ("best", "drops residue"),
    ("read_write", "writes again"),
    ("tee", "forwards once"),
]


@pytest.mark.parametrize(("name", "variant"), SHRUNK)
def test_counterexample_shrinks_to_three_steps(name: str, variant: str) -> None:
    subject = flawed(name, variant)
    with Host(subject, deadline_s=5) as host:
        try:
            case = find(
                cases(BY_NAME["script"], subject),
                lambda drawn: bool(host.run_one(drawn).broken),
                settings=settings(max_examples=5000, deadline=None, database=None),
            )
        except NoSuchExample:
            pytest.fail("5,000 drawn scripts and no failure")
        assert len(case.steps) <= 3, f"{case}\n" + "\n".join(host.run_one(case).explain())
