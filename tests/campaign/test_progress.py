from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from heald.campaign.progress import Picture
from tests.campaign import fakes
from tests.campaign.fakes import Fake, campaign_of

pytestmark = pytest.mark.slow


def campaign(folder: Path) -> fakes.Campaign:
    return campaign_of(
        folder,
        Fake("good/one", fakes.good, "sound"),
        Fake("bad/one", fakes.failing, "flawed"),
        budget_s=0.5,
    )


def test_lines_say_what_runs_what_was_caught_and_how_to_see_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign(tmp_path).run(fakes.Lines())
    printed = capsys.readouterr()
    assert printed.out == ""
    first, *others = printed.err.splitlines()
    assert first.startswith("2 targets, 0.5 s, 2 at a time, seed 7, results in ")
    caught = others.index(next(line for line in others if line.startswith("caught")))
    assert others[caught].startswith("caught bad/one: lost update: 2 increments gave 1")
    assert others[caught + 1].startswith(
        f"  heald replay {tmp_path}/capsules/bad-one-lost-"
    )


def test_picture_is_drawn_again_and_findings_stay(tmp_path: Path) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=200, color_system=None)
    campaign(tmp_path).run(Picture(console))
    text = file.getvalue()
    assert text.count("caught bad/one: lost update: 2 increments gave 1") == 1
    assert text.count(" of 0.5 s] ") >= 2
    assert "2 of 2 targets run" in text
