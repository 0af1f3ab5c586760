"""What the site has beside the pages: the commands, from their help; the pages of the gallery.

A hook of MkDocs (``mkdocs.yml``). The pages of failures are what ``--html`` writes, made anew.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File, Files

from heald.cli import main

DOCS = Path(__file__).resolve().parent
ROWS = re.compile(
    r"^\| .*? \| \[.+?\].*? \| `heald (.+?)` \| \[.*?\]\((.+?)\)", re.MULTILINE
)


def on_files(files: Files, config: Any) -> Files:
    """Add what is made."""
    files.append(File.generated(config, "commands.md", content=commands()))
    made = Path(config["site_dir"]).parent / "gallery"
    made.mkdir(parents=True, exist_ok=True)
    for command, name in ROWS.findall((DOCS / "gallery.md").read_text()):
        page = made / Path(name).name
        _run(command, page)
        files.append(File.generated(config, name, abs_src_path=str(page)))
    return files


def _run(command: str, page: Path) -> None:
    """Run a command of the gallery; it must fail, and leave its page."""
    words = [sys.executable, "-m", "heald", *command.split(), "--budget", "10s"]
    page.unlink(missing_ok=True)
    done = subprocess.run(
        [*words, "--html", str(page)],
        cwd=DOCS / "gallery",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 1 or not page.is_file():
        raise RuntimeError(f"heald {command}: {done.returncode}\n{done.stderr}")


def commands() -> str:
    """Return a page with the help of every command."""
    context = click.Context(main, info_name="heald")
    parts = ["# Commands", "", *_block(inspect.cleandoc(main.help or ""))]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is not None:
            parts += [f"## heald {name}", "", *_help(name, command)]
    return "\n".join(parts) + "\n"


def _help(name: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=f"heald {name}")
    usage = " ".join(["heald", name, *command.collect_usage_pieces(context)])
    lines = ["```", usage, "```", "", *_block(inspect.cleandoc(command.help or ""))]
    options = [
        record
        for each in command.get_params(context)
        if isinstance(each, click.Option) and (record := each.get_help_record(context))
    ]
    lines += ["| option | |", "|---|---|"]
    lines += [f"| `{_cell(flags)}` | {_cell(told)} |" for flags, told in options]
    return [*lines, ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _block(text: str) -> list[str]:
    """Turn a help text into Markdown: what is laid out by hand stays so."""
    lines = []
    for block in text.split("\n\n"):
        if block.startswith("\b"):
            lines += ["```", block.removeprefix("\b").strip("\n"), "```", ""]
        else:
            lines += [block.replace("<", "&lt;").replace("*", "\\*"), ""]
    return lines
