"""Capsules of subjects, transfers and parsers replay in an empty directory."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from heald import UsageError
from heald.capsule import Capsule, load_capsule
from heald.carried import carried_files
from heald.replaying.confined import can_confine
from heald.replaying.elsewhere import at_home
from heald.replaying.replay import replay
from heald.replaying.stranger import check_carried

COUNTER = """
import heald
from models import Count

plain = heald.Subject(
    "code/counter.c",
    state="struct counter",
    ops={"add": heald.op("int counter_add(struct counter *)")},
    model=Count,
)
"""
MODEL = """
class Count:
    def __init__(self):
        self.value = 0

    def add(self):
        self.value += 1
        return self.value - 1
"""
HEADER = "struct counter { int value; };\n"
C = """
#include "counter.h"
int counter_add(struct counter *c) { return c->value++; }
"""
TRANSFER = """
from heald.faults import TransferSubject, TransferTarget
TARGETS = [TransferTarget(TransferSubject("once", "once.c", "once"))]
"""
ONCE = """
#include <sys/sendfile.h>
int once(int out, int in, off_t *offset, size_t count, size_t *moved)
{
    ssize_t n = sendfile(out, in, offset, count);
    *moved = n < 0 ? 0 : (size_t)n;
    return n < 0 ? -1 : 0;
}
"""
PARSER = """
import heald
from heald.parsing.target import ParserTarget
first = heald.ParserSubject(
    "first.c", entry="long first(const unsigned char *, size_t, struct one *)",
    fields=["byte"], header="first.h")
TARGETS = [ParserTarget(first, examples=(b"abc",))]
"""
ONE = "#include <stddef.h>\nstruct one { unsigned byte; };\n"
FIRST = """
#include "first.h"
long first(const unsigned char *data, size_t size, struct one *one)
{
    (void)size;
    one->byte = data[0] + data[1];
    return 1;
}
"""
PROJECTS = {
    "subject": {"counting.py": COUNTER, "models.py": MODEL,
                "code/counter.c": C, "code/counter.h": HEADER},
    "transfer": {"moving.py": TRANSFER, "once.c": ONCE},
    "parser": {"parsing_first.py": PARSER, "first.c": FIRST, "first.h": ONE},
}  # fmt: skip


def lay(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def heald(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "heald", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("place", [".", "the file"])
@pytest.mark.parametrize("kind", list(PROJECTS))
def test_capsule_replays_in_an_empty_directory(
    tmp_path: Path, kind: str, place: str
) -> None:
    made = lay(tmp_path / "made", PROJECTS[kind])
    asked = place if place == "." else next(iter(PROJECTS[kind]))
    found = heald(made, "stress", asked, "--budget", "3s")
    assert found.returncode == 1, found.stderr
    capsule = next((made / ".heald" / "capsules").glob("*.json"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    capsule = capsule.rename(tmp_path / "mailed.json")
    made.rename(tmp_path / "gone")
    again = heald(elsewhere, "replay", str(capsule), "--budget", "30s")
    assert again.returncode == 1, again.stdout + again.stderr
    assert "failed again" in again.stdout
    assert list(elsewhere.iterdir()) == []


def test_only_files_of_the_project_are_carried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = PROJECTS["subject"] | {
        "other.py": "",
        "pack/__init__.py": "",
        "pack/a.py": "",
    }
    files["models.py"] += "\nimport json, heald\nfrom pack import a\n"
    monkeypatch.chdir(lay(tmp_path, files))
    carried = carried_files("counting.py", ["code/counter.c", "code/counter.h"])
    expected = {*files} - {"other.py"}
    assert (set(carried["texts"]), carried["folder"]) == (expected, ".")


def test_what_is_here_is_used_if_all_of_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lay(tmp_path, PROJECTS["transfer"]))
    capsule = Capsule("transfer", "short transfer", "", "once/plain", "moving.py")
    capsule = replace(capsule, carried=carried_files("moving.py", ["once.c"]))
    with at_home(capsule) as here:
        assert (here, Path.cwd()) == (capsule, tmp_path)
    Path("once.c").unlink()
    with at_home(capsule) as here:
        assert Path.cwd() != tmp_path
        assert Path("once.c").read_text() == ONCE
    assert Path.cwd() == tmp_path


@pytest.mark.parametrize(
    "change",
    [
        {"texts": {"../x.py": ""}},
        {"texts": {"/tmp/x.py": ""}},
        {"texts": {"": ""}},
        {"texts": {"x.py": 1}},
        {"texts": []},
        {"folder": "../.."},
        {"folder": None},
        {"place": "../../x.py"},
        {"place": "/etc/x.py"},
        {"place": "x"},
    ],
)
def test_carried_files_stay_in_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = {"folder": "a", "place": "x.py", "texts": {"a/x.py": ""}}
    check_carried(whole)
    with pytest.raises(UsageError, match=r"^a damaged capsule"):
        check_carried(whole | change)
    capsule = Capsule("transfer", "hang", "", "t", "x.py").to_json()
    Path("c.json").write_text(json.dumps(capsule | {"carried": whole | change}))
    with pytest.raises(UsageError):
        replay(load_capsule(Path("c.json")))
    assert os.listdir(tmp_path) == ["c.json"]


HOSTILE = """
import heald, os, pathlib, socket, subprocess, sys
from models import Count

done = []
def attempt(what):
    try:
        what()
    except OSError:
        return
    done.append(what.__name__)

def writes(): open(sys.argv[0] and "{outside}/written", "w").close()
def removes(): os.remove("{outside}/kept")
def starts(): subprocess.run(["touch", "{outside}/touched"], check=False)
def signals(): os.kill({pid}, 0)
def makes(): os.mkdir("{outside}/made")
def connects(): socket.create_connection(("127.0.0.1", {port}), timeout=1).close()
for each in (writes, removes, starts, signals, makes, connects):
    attempt(each)
pathlib.Path(os.environ["TMPDIR"], "own").write_text("may be")
assert "connects" not in done and "signals" not in done, done
"""


@pytest.mark.skipif(not can_confine(), reason="this kernel confines nobody (Landlock)")
@pytest.mark.slow
def test_python_of_a_capsule_writes_nowhere(tmp_path: Path) -> None:
    made = lay(tmp_path / "made", PROJECTS["subject"])
    assert heald(made, "stress", "counting.py", "--budget", "3s").returncode == 1
    capsule = next((made / ".heald" / "capsules").glob("*.json"))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("")
    data = json.loads(capsule.read_text())
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = {
            "outside": str(outside),
            "pid": os.getpid(),
            "port": server.getsockname()[1],
        }
        own = HOSTILE.format(**words)
        text = data["carried"]["texts"]["counting.py"]
        data["carried"]["texts"]["counting.py"] = own + text
        mailed = tmp_path / "mailed.json"
        mailed.write_text(json.dumps(data))
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        again = heald(elsewhere, "replay", str(mailed), "--budget", "30s")
    assert "failed again" in again.stdout, again.stdout + again.stderr
    assert os.listdir(outside) == ["kept"]
    assert list(elsewhere.iterdir()) == []
