"""What happens inside a library's stand-in happens, for its user, at the line that called it."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from heald.explorer.users_lines import tell_at_users_lines


def test_steps_and_places_inside_a_stand_in_are_told_at_the_users_line() -> None:
    mine = {"thread": 1, "file": "main.cpp", "line": 6, "function": "operator()"}
    tree = {"thread": 1, "file": "/x/csrc/cxx/tree.cpp", "line": 105, "function": "link"}
    steps = [mine, {**tree, "op": "write"}, {**mine, "line": 7, "thread": 2}]
    failure: dict[str, Any] = {
        "trace": {"steps": steps, "pending": []},
        "where": [dict(tree), {"thread": 2, "file": "?", "line": 0, "function": "?"}],
        "message": "m",
    }
    tell_at_users_lines(failure)
    assert [step["line"] for step in steps] == [6, 6, 7]
    assert [(place["file"], place["line"]) for place in failure["where"]] == [
        ("main.cpp", 6),
        ("main.cpp", 7),
    ]


@pytest.mark.skipif(shutil.which("c++filt") is None, reason="needs binutils")
def test_the_type_of_an_exception_is_told_as_its_author_wrote_it() -> None:
    failure: dict[str, Any] = {"trace": {"steps": []}, "where": []}
    failure["message"] = "an exception of type `St13runtime_error` was not caught"
    tell_at_users_lines(failure)
    assert failure["message"].endswith("type `std::runtime_error` was not caught")
