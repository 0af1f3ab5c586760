from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from heald.targets.of_subject import SubjectTarget, draw_scenarios
from heald.targets.target import Target
from subjects import counter, publish, stack

PLAIN = SubjectTarget(counter.VARIANTS[0].subject)
SOUND = SubjectTarget(counter.VARIANTS[3].subject)
TAGGED = next(v.subject for v in stack.VARIANTS if v.name == "stack/tagged")


def never() -> threading.Event:
    return threading.Event()


def test_a_subject_is_a_target() -> None:
    assert isinstance(PLAIN, Target)
    assert (PLAIN.name, PLAIN.expected, PLAIN.shown_here) == (
        "counter/plain",
        "flawed",
        "yes",
    )


def test_a_slice_of_a_flawed_subject_has_findings_that_replay() -> None:
    found = PLAIN.run_slice(seconds=0.4, seed=1, stop=never())
    assert {finding.kind for finding in found.findings} == {"forbidden outcome"}
    again = PLAIN.replay_slice(found.findings[0], seconds=0.5, seed=2, stop=never())
    assert again.samples > 0
    assert sum(finding.count for finding in again.findings) > 0
    assert {f.scenario for f in again.findings} == {found.findings[0].scenario}


def test_a_slice_of_a_sound_subject_has_samples_and_outcomes_only() -> None:
    found = SOUND.run_slice(seconds=1.0, seed=1, stop=never())
    assert found.samples > 0
    assert not found.findings
    assert found.trustworthy
    assert found.outcomes
    assert sum(found.outcomes.values()) == found.samples


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.0])
def test_a_slice_keeps_to_its_time(seconds: float) -> None:
    SOUND.prepare()
    began = time.monotonic()
    SOUND.run_slice(seconds=seconds, seed=3, stop=never())
    # Starting a host and the power check come on top; most of the rest is for a busy machine.
    assert time.monotonic() - began < seconds + 10.0


def test_a_slice_ends_when_it_is_told_to() -> None:
    stop = never()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    SOUND.run_slice(seconds=60.0, seed=3, stop=stop)
    assert time.monotonic() - began < 30.0


def test_what_is_drawn_follows_from_the_seed() -> None:
    assert draw_scenarios(TAGGED, 7, 20) == draw_scenarios(TAGGED, 7, 20)
    assert draw_scenarios(TAGGED, 7, 20) != draw_scenarios(TAGGED, 8, 20)


def test_drawn_publish_scenarios_never_wait_for_what_nobody_sends() -> None:
    subject = publish.VARIANTS[0].subject
    for scenario in draw_scenarios(subject, 1, 50):
        assert scenario.threads[0][0].op == "send"


def test_its_identity_names_every_file_by_content() -> None:
    identity = SubjectTarget(TAGGED).identity()
    files = {Path(path).name: digest for path, digest in identity["sources"].items()}
    assert {"stack_tagged.c", "stack.h", "pool.h", "wide.h"} <= set(files)
    source = TAGGED.sources[0]
    assert files["stack_tagged.c"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert {"-O2", "-mcx16", "-DPOOL_NODES=32u"} <= set(identity["flags"])
    assert "gcc" in identity["compiler"] or "clang" in identity["compiler"]


def test_a_finding_without_a_scenario_is_replayed_by_its_seed() -> None:
    (finding, *_) = PLAIN.run_slice(seconds=0.3, seed=1, stop=never()).findings
    bare = replace(finding, scenario=None, outcome=None)
    assert PLAIN.replay_slice(bare, seconds=0.5, seed=2, stop=never()).samples > 0
