"""Compile one program and explore it, through the explorer's host alone.

Below ``heald check`` on purpose: a failure here is the explorer's, not the command's.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.building import build
from heald.building.engine import engine_path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Explored:
    """What the host said: its result line and the failures before it."""

    result: dict[str, Any]
    failures: list[dict[str, Any]]

    @property
    def kinds(self) -> list[str]:
        """Kinds of failure, as reported."""
        return [str(failure["kind"]) for failure in self.failures]


def explore_program(
    source: str, model: str, *options: str, defines: tuple[str, ...] = ()
) -> Explored:
    """Explore ``source``, a path below this folder without its suffix.

    Parameters
    ----------
    source, defines
        The program, and macros for the compiler (``NAME`` or ``NAME=VALUE``).
    model, options
        ``sc``, ``tso`` or ``rc11``, and further options of the host.

    Raises
    ------
    AssertionError
        If the host does not end well; the message is its own.
    """
    macros = [f"-D{define}" for define in defines]
    program = build.compile(
        [HERE / f"{source}.c"], flavour=build.EXPLORED, cflags=["-w", *macros]
    )
    command = [str(engine_path("explore")), "--leaks", "fail", "--endless-ms", "300"]
    done = subprocess.run(
        [*command, "--model", model, *options, str(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    failures = [line for line in lines if line["type"] == "failure"]
    return Explored(next(line for line in lines if line["type"] == "result"), failures)
