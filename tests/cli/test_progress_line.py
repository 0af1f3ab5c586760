from __future__ import annotations

import pytest

from heald.cli import progress_line
from heald.cli.progress_line import ProgressLine


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    ProgressLine()("halfway")
    assert capsys.readouterr() == ("", "")


def test_line_goes_to_stderr_and_not_often(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress_line, "_QUIET_S", 0.0)
    line = ProgressLine()
    line("a quarter")
    line("a half")
    assert capsys.readouterr() == ("", "a quarter\n")
