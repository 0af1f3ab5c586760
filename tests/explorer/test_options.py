from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from heald import UsageError
from heald.building.engine import engine_sources
from heald.cli import main
from heald.explorer.options import Options

HOST = engine_sources() / "explore" / "host" / "host_options.c"


def test_every_option_of_the_table_is_known_to_the_engine() -> None:
    known = re.findall(r'^    \{"([a-z-]+)", ', HOST.read_text(), re.MULTILINE)
    words = {way.engine[0] for _, way in Options.rows() if way.engine}
    assert words <= {f"--{name}" for name in known}


def test_every_option_for_people_is_one_of_the_command_line() -> None:
    shown = CliRunner().invoke(main, ["check", "--help"]).output
    flags = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE))
    named = {way.flag(each.name) for each, way in Options.rows() if way.told is not None}
    outputs = {"--json", "--dot", "--html", "--sarif", "--junit", "--github"}
    package = {"--bin", "--example", "--test", "--lib", "--compile-commands"}
    others = {flag for flag in flags if flag.startswith("--cluster")} | {"--resume"}
    beside = {"--arg", "--print-executions", *outputs, *package, *others}
    assert flags - named == beside
    assert named <= flags


def test_words_for_the_engine_leave_out_what_is_not_set() -> None:
    words = Options(search="random", keep_going=True, choices=b"\x00\x07").engine_words()
    assert words[:6] == ["--model", "rc11", "--search", "mixed", "--seed", "0"]
    assert words[-6:-2] == ["--failures", "0", "--traces", "0"]
    assert words[-2:] == ["--choices", "0007"]
    assert "--depth" not in words
    assert "--symmetry" not in words


def test_what_an_execution_means_goes_through_a_capsule() -> None:
    options = Options(model="tso", races="allow", leaks="fail", exit_status="any", seed=3)
    options = replace(options, orders=("queue.c:7=release",), max_events=9)
    kept = json.loads(json.dumps(options.meaning()))
    assert "seed" not in kept
    again = Options.from_settings({**kept, "schedule": "v1:1", "search": "pct"})
    assert again == replace(options, seed=0)


def test_a_capsule_older_than_an_option_means_its_default() -> None:
    assert Options.from_settings({"model": "sc"}) == Options(model="sc")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(model="x86"), r"^model must be sc or tso or rc11; got 'x86'$"),
        (Options(leaks="no"), r"^leaks must be fail or allow; got 'no'$"),
        (
            Options(symmetry=True, search="pct"),
            r"^symmetry is for an exhaustive search: ",
        ),
        (Options(jobs=0), r"^jobs must be 1 or more; got 0$"),
    ],
)
def test_what_is_not_accepted_is_named(options: Options, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        options.checked()
