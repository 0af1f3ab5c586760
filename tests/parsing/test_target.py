from __future__ import annotations

import threading

from heald.parsing import ParserTarget
from subjects.message import FLAWED, SOUND

NEVER = threading.Event()


def test_slice_of_a_sound_parser_ends_in_time_and_finds_nothing() -> None:
    result = ParserTarget(SOUND[0]).run_slice(seconds=0.2, seed=1, stop=NEVER)
    assert not result.findings
    assert result.samples >= 20_000  # one round
    assert result.seconds < 60


def test_slice_of_a_flawed_parser_gives_a_finding_that_replays() -> None:
    flaw = FLAWED[0]
    target = ParserTarget(flaw.parser, kinds=flaw.kinds)
    (finding,) = target.run_slice(seconds=5, seed=1, stop=NEVER).findings
    assert finding.kind in flaw.kinds
    assert finding.detail["as expected"]
    again = target.replay_slice(finding, seconds=1, seed=9, stop=NEVER)
    assert [each.kind for each in again.findings] == [finding.kind]


def test_replay_after_the_fix_finds_nothing() -> None:
    flaw = FLAWED[0]
    (finding,) = (
        ParserTarget(flaw.parser).run_slice(seconds=5, seed=1, stop=NEVER).findings
    )
    fixed = ParserTarget(SOUND[0])
    assert not fixed.replay_slice(finding, seconds=1, seed=1, stop=NEVER).findings


def test_parser_without_a_generator_is_run_on_drawn_inputs() -> None:
    from dataclasses import replace

    plain = replace(FLAWED[0].parser, generator=None)
    result = ParserTarget(plain).run_slice(seconds=20, seed=4, stop=NEVER)
    assert result.findings
