"""A test that heald made, and its failure, stand at the user's own line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from heald.testing.located import line_of_test

TEST = """import heald
from hypothesis import strategies as st


class Model:
    def __init__(self): self.value = 0
    def add(self): self.value += 1
    def get(self): return self.value


shared = heald.Subject(
    "shared.c", state="struct shared",
    ops={"add": heald.op("void shared_add(struct shared *)"),
         "get": heald.op("int shared_get(struct shared *)")},
    model=Model, after=["get"],
)
test_every_execution = heald.explored(
    shared, threads=2, ops=1, races="allow")
def test_own(): assert False
"""
CODE = """struct shared { int value; };
void shared_add(struct shared *s);
int shared_get(struct shared *s);
void shared_add(struct shared *s) { s->value++; }
int shared_get(struct shared *s) { return s->value; }
"""


def test_a_failure_is_located_where_the_test_is_named(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    (tmp_path / "shared.c").write_text(CODE)
    words = ["-p", "no:cacheprovider", "-o", "junit_family=xunit1", "--junitxml=j.xml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "test_it.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert "test_it.py:17: Violated" in done.stdout
    assert "test_it.py:19: AssertionError" in done.stdout
    assert "All traceback entries are hidden" not in done.stdout
    cases = ElementTree.parse(tmp_path / "j.xml").getroot().iter("testcase")
    assert [(case.get("file"), case.get("line")) for case in cases] == [
        ("test_it.py", "16"),  # pytest counts from 0 here
        ("test_it.py", "18"),
    ]


def test_tests_of_others_stay_where_they_are(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text("test_a = 1\n")
    assert line_of_test(file, "test_a", "other.package") is None
    assert line_of_test(file, "test_a[1]", "heald.testing.explored") == 1
    assert line_of_test(file, "test_b", "heald.testing.explored") is None
