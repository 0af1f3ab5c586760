"""Python that pages show beside the recipes of tests: on what fails, with roles, on what is right.

As it is printed, with other subjects; what it gives is looked at.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import strategies as st

import heald
from heald.explorer.exploration import explore_scenario
from heald.models.grading import Grade, grade
from tests.docs.test_recipes import DOCS, FILES, ROWS
from tests.models.list_stack import Stack as StackModel

CALLS = {
    "stack": heald.Scenario(
        before=(heald.Call("push", (1,)),),
        threads=((heald.Call("pop"),), (heald.Call("push", (2,)),)),
    ),
    "ring": heald.Scenario(
        threads=((heald.Call("put", (1,)),), (heald.Call("get"), heald.Call("get"))),
        after=(heald.Call("get"),),
    ),
}


def snippet(page: str, word: str) -> str:
    """Return the page's Python that has this word."""
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    (found,) = (block for block in blocks if word in block)
    return str(found)


def module(folder: Path, name: str, text: str) -> ModuleType:
    file = folder / f"{name}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def subject_of(row: str, folder: Path) -> heald.Subject:
    """Return the subject of a page, with what the row puts wrong in its C."""
    name, subject, file, right, wrong = ROWS[row]
    (folder / file).write_text(FILES[file].replace(right, wrong))
    for each in FILES:
        if each.endswith(".h"):
            (folder / each).write_text(FILES[each])
    text = FILES[f"{name}.py"]
    found = getattr(module(folder, name, text), subject)
    assert isinstance(found, heald.Subject)
    return found


@pytest.mark.parametrize("row", ROWS)
def test_the_native_runner_from_python(row: str, tmp_path: Path) -> None:
    subject = subject_of(row, tmp_path)
    scenario = CALLS[ROWS[row][1]]
    given: dict[str, Any] = {
        "subject": subject,
        "scenario": scenario,
        "scenarios": [scenario],
    }
    exec(snippet("native-runner.md", "run_native").replace("2.0", "0.1"), given)
    result = given["result"]
    rows = grade(subject, scenario, result.histogram).rows
    forbidden = [each for each in rows if each.grade is Grade.FORBIDDEN]
    assert result.histogram
    assert not result.findings
    assert bool(forbidden) == ("fails" in row), result.histogram


SEND = """
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/sendfile.h>
int send_file(int out, int in, off_t *offset, size_t count, size_t *moved)
{
    *moved = 0;
    while (*moved < count) {
        ssize_t n = sendfile(out, in, offset, count - *moved);
        if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = out, .events = POLLOUT}, 1, -1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return (int)n;
        *moved += (size_t)n;
        LOOPED
    }
    return 0;
}
"""


@pytest.mark.parametrize("looped", ["", "break;"], ids=["right", "one call alone"])
def test_a_transfer_of_ones_own(looped: str, tmp_path: Path) -> None:
    (tmp_path / "mine.c").write_text(SEND.replace("LOOPED", looped))
    text = snippet("zero-copy.md", "send_file")
    text = text.replace("Contract(sources", "Contract(quiet_process=True, sources")
    page = module(tmp_path, "transfers", text)
    (target,) = page.TARGETS
    target.prepare()
    result = target.run_slice(seconds=1.0, seed=7, stop=threading.Event())
    assert result.samples
    assert bool(result.findings) == bool(looped), result.findings[0].message


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
def test_a_subject_in_rust(wrong: bool, tmp_path: Path) -> None:
    text = (DOCS.parent / "tests" / "programs" / "subjects" / "stack.rs").read_text()
    right = "*out = "
    assert right in text
    (tmp_path / "stack.rs").write_text(
        text.replace(right, "*out = 1 + ") if wrong else text
    )
    page = f"import heald\nst = StackModel = None\n{snippet('rust.md', 'stack.rs')}"
    file = tmp_path / "page.py"
    given = {"heald": heald, "st": st, "StackModel": StackModel, "__file__": str(file)}
    exec(compile(page.partition("None\n")[2], str(file), "exec"), given)
    subject = given["stack"]
    assert isinstance(subject, heald.Subject)
    assert bool(explore_scenario(subject, CALLS["stack"]).findings) == wrong
