"""A failure of a parser is one capsule, whoever writes it."""

from __future__ import annotations

import threading
from pathlib import Path

from heald.capsule import capsule_of, load_capsule
from heald.parsing import ParserTarget
from heald.parsing.kept import keep, kept_inputs
from heald.parsing.session import ParserSession
from heald.replaying.replay import replay
from heald.verdicts import Verdict
from subjects.message import FLAWED

NEVER = threading.Event()


def test_capsule_of_a_campaign_and_a_kept_one_are_the_same_file(tmp_path: Path) -> None:
    target = ParserTarget(FLAWED[0].parser)
    (found,) = target.run_slice(seconds=5, seed=1, stop=NEVER).findings
    ran = capsule_of(
        found,
        target=target.name,
        place="subjects.message",
        expected=target.expected,
        identity=target.identity(),
    )
    from_campaign = ran.save(tmp_path / "campaign")
    data = bytes.fromhex(found.detail["data"])
    with ParserSession(target.parser, checked=target.checked) as session:
        again = session.case(data).finding
    assert again is not None
    kept = keep(target, again, place="subjects.message", folder=tmp_path / "kept")
    assert kept.name == from_campaign.name
    assert load_capsule(kept).check == load_capsule(from_campaign).check == "message"
    assert kept_inputs(target.name, tmp_path / "campaign") == [data]
    assert replay(load_capsule(from_campaign), budget_s=5).verdict is Verdict.FAILED
