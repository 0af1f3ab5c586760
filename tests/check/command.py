"""The command ``heald check`` as its tests call it: words in, text or JSON out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from heald.cli import main

from .programs import HEAD


def heald(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=stdin)


def as_json(*words: str, stdin: str | None = None) -> tuple[int, dict[str, Any]]:
    result = heald("check", "--json", *words, stdin=stdin)
    return result.exit_code, json.loads(result.stdout)


def program(text: str, name: str = "prog.c") -> str:
    Path(name).write_text(HEAD + text)
    return name
