"""Transfers as campaign targets: slices end in time, findings come back from their capsule."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from heald.faults import Case, TransferTarget
from heald.faults.methods import BY_NAME, METHODS, Method
from heald.finding import Finding
from subjects.transfer import FLAWS, TARGETS, flawed, sound

NEVER = threading.Event()


def target(name: str, variant: str) -> TransferTarget:
    return TransferTarget(flawed(name, variant), FLAWS[name][variant].caught_by)


def test_a_sound_slice_runs_many_cases_and_ends_in_time() -> None:
    result = TransferTarget(sound("sendfile")).run_slice(seconds=1.5, seed=1, stop=NEVER)
    assert result.findings == []
    assert result.samples > 100
    assert result.seconds < 60  # a guard: how long one case takes is the machine's matter
    assert result.trustworthy


def test_a_slice_hears_a_request_to_stop() -> None:
    stop = threading.Event()
    stop.set()
    result = TransferTarget(sound("tee")).run_slice(seconds=300, seed=1, stop=stop)
    assert result.seconds < 150


@pytest.mark.parametrize("name", sorted(FLAWS))
def test_no_sound_transfer_fails_in_a_short_slice(name: str) -> None:
    result = TransferTarget(sound(name)).run_slice(seconds=0.6, seed=2, stop=NEVER)
    assert result.findings == []


@pytest.mark.parametrize(
    ("name", "variant", "kind"),
    [
        ("sendfile", "textbook", "short transfer"),
        ("splice", "MORE on last", "late last byte"),
        ("mmap_write", "looks past the end", "crash"),
        ("event", "zero is later", "hang"),
    ],
)
def test_a_flaw_is_found_and_replayed(name: str, variant: str, kind: str) -> None:
    found = target(name, variant).run_slice(seconds=10, seed=4, stop=NEVER).findings
    assert kind in [finding.kind for finding in found]
    finding = next(finding for finding in found if finding.kind == kind)
    stored = json.loads(json.dumps(finding.detail))
    again = Finding(kind, finding.message, seed=finding.seed, detail=stored)
    result = target(name, variant).replay_slice(again, seconds=5, seed=1, stop=NEVER)
    assert kind in [finding.kind for finding in result.findings]


@pytest.mark.parametrize("method", ["full", "notify"])
def test_what_a_case_needs_is_there_when_it_is_replayed(method: str) -> None:
    reason = BY_NAME[method].missing()
    if reason is not None:
        pytest.skip(reason)
    from heald.faults.checking import check
    from heald.faults.target import findings_of

    subject = flawed("sendfile", "textbook")
    report = check(subject, BY_NAME[method], seed=1, count=200, stop_at_failure=True)
    (finding,) = findings_of(report.failures, 1)
    assert Case.from_json(finding.detail["case"]) == report.failures[0].case
    result = TransferTarget(subject).replay_slice(finding, seconds=5, seed=1, stop=NEVER)
    assert result.findings


def test_of_a_flawed_variant_only_what_must_catch_it_is_compiled_beforehand(
    cache: Path,
) -> None:
    first = target("sendfile", "textbook")
    first.prepare()
    assert len(made(cache, ".so")) == 1
    assert first._build(first._methods()) > 0
    assert len(made(cache, ".so")) == 3, "calls wrapped, not wrapped, under sanitizers"
    assert len(made(cache, ".o")) == 2, "linked in two ways"


def made(cache: Path, ending: str) -> list[Path]:
    return list(cache.glob(f"builds/*/*{ending}"))


def test_identity_names_every_source_and_flag() -> None:
    identity = target("splice", "textbook").identity()
    assert identity["check"] == "transfer"
    assert identity["flags"] == ["-DSPLICE_DRAINS=0"]
    assert any(path.endswith("splice_all.c") for path in identity["sources"])


def test_names_of_targets_are_unique() -> None:
    names = [each.name for each in TARGETS]
    assert len(set(names)) == len(names)


def test_flaw_that_only_missing_methods_catch_is_rare_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fuse = target("best", "zero is the end")
    other = target("best", "EBADF unknown")
    assert (fuse.caught_by, other.caught_by) == ({"fuse"}, {"odd"})
    monkeypatch.setattr("heald.faults.target.METHODS", without("fuse"))
    assert (fuse.shown_here, other.shown_here) == ("rare", "yes")


def without(name: str) -> list[Method]:
    """Return all methods, one of them missing."""
    gone = replace(BY_NAME[name], missing=lambda: "nothing has it")
    return [gone if each.name == name else each for each in METHODS]
