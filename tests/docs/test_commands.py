"""Commands that pages show: each is there, with the options that it is given."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

import heald
from heald.cli import main
from tests.docs.test_recipes import DOCS, ROWS
from tests.docs.test_snippets import snippet, subject_of

PAGES = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]
_BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
_LINE = re.compile(r"^(?:\w*\$ +|#SBATCH.*)?(?:[A-Z_]+=(?:\"[^\"]*\"|\S+) )*(heald .*)$")
_REMARK = re.compile(r"\s{2,}\S.*$|\s+#.*$|\s+[|>]\s.*$")


def commands_of(page: Path) -> list[str]:
    """Return the lines of blocks that call heald, without what is said of them."""
    found = []
    for language, block in _BLOCK.findall(page.read_text()):
        if language in ("", "sh", "bash", "console"):
            lines = block.replace("\\\n", " ").splitlines()
            found += [m[1] for each in lines if (m := _LINE.match(each))]
    return [_REMARK.sub("", " ".join([each])).strip() for each in found]


def test_pages_show_commands() -> None:
    assert len(commands_of(DOCS / "cluster.md")) >= 10
    assert sum(len(commands_of(page)) for page in PAGES) > 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_is_there_with_its_options(page: Path) -> None:
    for line in commands_of(page):
        if "[" in line or "..." in line:
            continue  # what may be said, not what is
        words = shlex.split(line)[1:] or ["--help"]
        context = click.Context(main, info_name="heald")
        if words[0].startswith("-"):
            main.make_parser(context).parse_args(words)
            continue
        command = main.get_command(context, words[0])
        assert command is not None, line
        inner = click.Context(command, parent=context, info_name=words[0])
        if not command.ignore_unknown_options:
            command.make_parser(inner).parse_args(words[1:])


@pytest.mark.parametrize("row", ROWS)
def test_what_a_machine_can_show_is_said_of_a_subject(row: str, tmp_path: Path) -> None:
    subject = subject_of(row, tmp_path)

    def made(**said: Any) -> heald.Subject:
        return subject.with_changes("shown", **said)

    text = snippet("cluster.md", "shown_here=").replace("heald.Subject(..., ", "made(")
    given: dict[str, Any] = {"made": made}
    exec(text, given)
    assert given["ring"].expected == "flawed"
    assert str(given["ring"].shown_here)


def test_what_is_shown_of_a_scheduler_is_python() -> None:
    compile(snippet("cluster.md", "SLURMCluster"), "cluster.md", "exec")
