"""A capsule that somebody mailed: nothing but what it names or carries is run or written."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heald import UsageError
from heald.capsule import Capsule, load_capsule
from heald.cli import main
from heald.replaying.stranger import check_capsule, check_flags
from tests.replaying.conftest import heald_in

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        ["../../../../tmp/written", "/etc/passwd", "/dev/zero", "@x", "\x1b[2J"]
    ),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=2),
    st.sampled_from(
        [
            ["-fplugin=x.so"],
            ["-wrapper", "touch,written"],
            ["-Wl,-Map=written"],
            ["-o", "x"],
        ]
    ),
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _paths(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value[:4]):
            yield from _paths(each, (*path, number))


def _mutated(draw: st.DataObject, data: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(data)
    for _ in range(draw.draw(st.integers(1, 2))):
        paths = list(_paths(data))
        path = draw.draw(st.sampled_from(paths))
        inner: Any = data
        for key in path[:-1]:
            inner = inner[key]
        if draw.draw(st.integers(0, 3)) == 0:
            del inner[path[-1]]
        else:
            inner[path[-1]] = copy.deepcopy(draw.draw(ODD))  # a list is drawn as it is
    return data


#: The page that a replay was asked to write.
ASKED_FOR = "page.html"


def _seen(folder: Path) -> dict[str, int]:
    files = folder.rglob("*")
    return {
        str(f): f.stat().st_mtime_ns
        for f in files
        if f.is_file()
        and "__pycache__" not in f.parts
        and f.name not in ("capsule.json", ASKED_FOR)
    }


@pytest.mark.slow
@pytest.mark.usefixtures("_there")
@settings(
    max_examples=16 if settings.get_current_profile_name() == "quick" else 200,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(draw=st.data())
def test_mutated_capsule_gives_no_traceback_and_writes_no_file(
    folder: Path, capsules: list[dict[str, Any]], draw: st.DataObject
) -> None:
    data = _mutated(draw, draw.draw(st.sampled_from(capsules)))
    file = folder / "capsule.json"
    file.write_text(json.dumps(data))
    before = _seen(folder)
    words = ["replay", str(file), "--budget", "0.3s"]
    asked = draw.draw(st.sampled_from(["--html", "--sarif", "--junit", "--dot", ""]))
    if asked:
        words += [asked, str(folder / ASKED_FOR)]
    elif data.get("check") != "native":  # it would be explained, which takes its seconds
        words += ["--explain"]
    done = CliRunner().invoke(main, words)
    assert "Traceback" not in done.output
    assert "engine bug" not in done.output, done.output
    assert "\x1b" not in done.output
    assert done.exit_code in (0, 1, 2, 3, 4), done.output
    assert _seen(folder) == before
    assert not Path("/tmp/written").exists()


@pytest.mark.parametrize(
    "flags",
    [
        ["-fplugin=evil.so"],
        ["-wrapper", "sh,-c,true"],
        ["-fdump-tree-all=x"],
        ["-Wl,-Map=x"],
        ["-Wl,-o,x"],
        ["-Wa,-a=x"],
        ["-Wp,-MD,x"],
        ["-o", "x"],
        ["-MF", "x"],
        ["-MD"],
        ["-save-temps"],
        ["-specs=x"],
        ["-B."],
        ["@x"],
        ["-Xlinker", "-Map=x"],
        ["-T", "x"],
        ["-fprofile-generate=x"],
        ["-fcallgraph-info"],
        ["-include", "-o"],
        ["-L/tmp"],
        ["-dumpdir", "x"],
        ["-aux-info", "x"],
        ["-fuse-ld=x"],
        [1],
    ],
    ids=str,
)
def test_option_that_runs_or_writes_is_refused(flags: list[Any]) -> None:
    with pytest.raises(UsageError):
        check_flags(flags)


def test_options_that_say_how_code_is_compiled_are_accepted() -> None:
    text = (
        "-O2 -O0 -Ofast -g -g3 -gdwarf-4 -std=gnu11 -std=c++20 -DN=3 -DNAME -DF(x)=x "
        "-D N=1 -UNDEBUG -Iinc -I inc -isystem inc -include config.h -pthread -Wall "
        "-Wno-unused -Wextra -Werror=format -fno-strict-aliasing -fwrapv -fPIC "
        "-fsanitize=undefined -fno-builtin-memcpy -march=native -mcx16 -latomic -lm -w"
    )
    check_flags(text.split())
    check_flags(['-DTEXT="a b"', "-DEMPTY="])


@pytest.mark.usefixtures("_there")
def test_place_outside_of_the_directory_is_refused(
    capsules: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "evil.py").write_text("open('/tmp/written', 'w')")
    (native,) = (each for each in capsules if each["check"] == "native")
    values = {k: v for k, v in native.items() if not k.startswith("format")}
    for place in (str(tmp_path / "evil.py"), "../evil.py", str(tmp_path), "json"):
        with pytest.raises(UsageError, match=r"is not in the directory"):
            check_capsule(replace(Capsule(**values), place=place))
    check_capsule(Capsule(**values))


@pytest.mark.usefixtures("_there")
@pytest.mark.parametrize("odd", [None, 7, "text", [1], {"a": "b"}, True])
def test_setting_of_another_form_is_refused_before_anything_is_shown(
    folder: Path, capsules: list[dict[str, Any]], odd: Any
) -> None:
    (native,) = (each for each in capsules if each["check"] == "native")
    data = native | {"settings": native["settings"] | {"shown": odd}}
    file = folder / "capsule.json"
    file.write_text(json.dumps(data))
    done = CliRunner().invoke(main, ["replay", str(file), "--budget", "0.3s"])
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert '"settings.shown" must be a list of texts' in done.output


@pytest.mark.usefixtures("_there")
def test_place_outside_of_the_directory_is_not_explained(
    folder: Path, capsules: list[dict[str, Any]], tmp_path: Path
) -> None:
    (native,) = (each for each in capsules if each["check"] == "native")
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'written')!r}, 'w')")
    file = folder / "capsule.json"
    file.write_text(json.dumps(native | {"place": str(tmp_path / "evil.py")}))
    done = CliRunner().invoke(main, ["replay", str(file), "--explain"])
    assert done.exit_code == 2, done.output
    assert "is not in the directory where it is replayed" in done.output
    assert not (tmp_path / "written").exists()


@pytest.mark.slow
@pytest.mark.parametrize("check", ["explored", "native", "transfer"])
def test_valid_capsule_replays_where_it_was_made(
    folder: Path, capsules: list[dict[str, Any]], check: str
) -> None:
    for data in capsules:
        if data["check"] == check:
            file = folder / f"valid-{check}.json"
            file.write_text(json.dumps(data))
            text = heald_in(folder, "replay", file.name, "--budget", "30s")
            assert "failed" in text.splitlines()[-1] or "failed again" in text, text
            file.unlink()


@pytest.mark.slow
def test_capsule_of_a_program_replays_in_an_empty_directory(
    capsules: list[dict[str, Any]], tmp_path: Path
) -> None:
    (data,) = (c for c in capsules if c["check"] == "explored" and c["scenario"] is None)
    (tmp_path / "c.json").write_text(json.dumps(data))
    assert "failed again" in heald_in(tmp_path, "replay", "c.json")
    assert os.listdir(tmp_path) == ["c.json"]


def test_garbage_schedule_is_refused(capsules: list[dict[str, Any]]) -> None:
    (data,) = (c for c in capsules if c["check"] == "explored" and c["scenario"] is None)
    data = copy.deepcopy(data)
    values = {k: v for k, v in data.items() if not k.startswith("format")}
    for garbage in ("", "v2:0*3", "v1:x", "v1:0*3;1", "v1:0.1.2", "rm -rf"):
        values["settings"]["schedule"] = garbage
        with pytest.raises(UsageError, match="schedule"):
            check_capsule(Capsule(**values))


def test_capsule_that_is_a_device_is_refused() -> None:
    with pytest.raises(UsageError):
        load_capsule(Path("/dev/null"))


@pytest.mark.slow
@pytest.mark.usefixtures("_there")
def test_what_is_only_shown_is_named_as_damaged_before_anything_runs(
    folder: Path, capsules: list[dict[str, Any]]
) -> None:
    data = copy.deepcopy(next(each for each in capsules if each["check"] == "transfer"))
    data["settings"]["calls"] = None
    file = folder / "capsule.json"
    file.write_text(json.dumps(data))
    done = CliRunner().invoke(main, ["replay", str(file), "--budget", "0.3s"])
    assert done.exit_code == 2, done.output
    assert "damaged capsule" in done.output
    assert "again" not in done.output
