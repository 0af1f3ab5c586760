"""How wide a text may be: as the terminal, or as whoever asks for it says."""

from __future__ import annotations

import io

import pytest

from heald.showing.terminal import fitted, terminal_width

TEXT = "a sentence that is longer than thirty columns are wide, as most are"


def test_columns_are_asked_for_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert terminal_width() == 30
    assert len(fitted(TEXT)) > 1
    assert max(map(len, fitted(TEXT))) <= 30


@pytest.mark.parametrize("columns", ["", "0", "wide", "-3"])
def test_a_file_is_not_broken_where_nobody_asks(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert terminal_width() is None
    assert fitted(TEXT) == [TEXT]
