"""What commands print with ``--json`` has the form that is published, and no other key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from heald.cli import main
from heald.cli.schemas import SCHEMAS, closed, schema_of
from tests.cli.test_outputs import RACE

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "docs" / "schemas"
SUBJECTS = str(ROOT / "subjects")

MESSAGE = """#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int flag;
static void *writer(void *unused) { data = 1; atomic_store(&flag, 1); return unused; }
static void *reader(void *unused) { if (atomic_load(&flag)) assert(data == 1); return unused; }
int main(void) {
    pthread_t a, b;
    pthread_create(&a, 0, writer, 0);
    pthread_create(&b, 0, reader, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    return 0;
}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def checked(command: str, *arguments: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    printed = json.loads(run(command, *arguments, "--json").stdout)
    validator = jsonschema.Draft202012Validator(closed(schema_of(command)))
    wrong = [
        (list(each.absolute_path), each.message)
        for error in validator.iter_errors(printed)
        for each in (error, *error.context)
    ]
    assert wrong == []
    return printed


def has_json(command: click.Command) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


def test_every_command_with_json_has_a_schema() -> None:
    context = click.Context(main)
    commands = {
        name: main.get_command(context, name) for name in main.list_commands(context)
    }
    assert {name for name, c in commands.items() if c and has_json(c)} == set(SCHEMAS)


@pytest.mark.parametrize("command", ["check", "verify", "mend", "mutate", "tighten"])
def test_commands_on_a_program_print_what_is_published(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heald.verifying.program._MOST_REAL_S", 0.5)
    Path("race.c").write_text(RACE)
    Path("mp.c").write_text(MESSAGE)
    for program in ("race.c", "mp.c"):
        assert checked(command, program, "--budget", "20s")["verdict"]
    if command == "check":
        [capsule] = Path(".heald/capsules").iterdir()
        assert checked("replay", str(capsule))["verdict"] == "failed"


def test_commands_that_look_around_print_what_is_published() -> None:
    assert checked("doctor")["checks"]
    assert checked("faults")["methods"]
    assert checked("list", f"{SUBJECTS}/counter.py")["targets"]
    tests = f"{SUBJECTS}/litmus.py:sb-relaxed"
    assert checked("litmus", tests, "--model-only")["tests"]


def test_a_campaign_prints_what_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = f"{SUBJECTS}/counter.py"
    assert checked("stress", place, "--budget", "0.3s")["targets"]
    assert checked("report", "--against", ".heald/results.db")["against"]
