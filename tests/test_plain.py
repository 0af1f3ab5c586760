"""What strangers wrote is shown as one line, or as lines, and moves no cursor."""

from __future__ import annotations

from heald.plain import lines, one_line


def test_control_characters_are_written_out() -> None:
    assert one_line("a\x1b[2J\nb\x9b\u202e") == "a\\x1b[2J\\nb\\x9b\\u202e"
    assert lines("a\n\tb\x07") == "a\n\tb\\x07"
    assert one_line("größer → 3") == "größer → 3"
