"""The explorer's graphs of a litmus program, asked for in two ways.

``Scripted`` drives the search alone, through ``driver.c``; ``Compiled`` runs real C under the
whole explorer. Both give lists, not sets, so that a graph visited twice is seen.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from heald.building import build
from heald.building.engine import engine_path
from tests.engine.building import POISONED, SCRIPT, built
from tests.engine.sabotaged import whole_explorer

from .graph import Graph, from_dump
from .printer import to_script
from .program import LOCATIONS, Program

NAMES = {f"{name}+0": name for name in LOCATIONS}


class Scripted:
    """One process that answers program after program; use as a context manager."""

    def __init__(self, driver: Path | None = None) -> None:
        """Start ``driver``, else the one compiled from the sources as they are."""
        self.process = subprocess.Popen(
            [str(driver or _scripted_driver())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def graphs(
        self, program: Program, model: str, *, symmetry: bool = False
    ) -> list[Graph]:
        """All complete executions that the search visits, in its order.

        With ``symmetry`` one of those that differ in which of two threads of equal text did what.

        Raises
        ------
        AssertionError
            If the search dies, or counts otherwise than it visits.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{model}{'+' * symmetry} {to_script(program)}\n")
        self.process.stdin.flush()
        graphs: list[Graph] = []
        for line in self.process.stdout:
            if line.startswith("="):
                counted, _, failure = map(int, line[1:].split())
                assert counted == len(graphs), f"counted {counted}, visited {len(graphs)}"
                assert failure == 0, f"failure kind {failure}"
                return graphs
            graphs.append(from_dump(line, names=NAMES))
        raise AssertionError(f"the driver died ({self.process.wait()}) on {program}")


class Compiled:
    """Real C under the whole explorer: compiled hooks, fibers, a process per search."""

    def __init__(self, source: Path, compiler: str | None = None) -> None:
        """Compile a program whose one argument says which litmus program to run."""
        self.program = build.compile([source], flavour=build.EXPLORED, compiler=compiler)

    def graphs(self, argument: str, model: str, *options: str) -> list[Graph]:
        """All complete executions, in the order of the search; ``options`` are the host's."""
        to_streams = ("--results", "2", "--dump", "-")
        done = self._run(argument, "--model", model, *options, *to_streams)
        graphs = [from_dump(line, names=NAMES) for line in done.stdout.splitlines()]
        result = json.loads(done.stderr.splitlines()[-1])
        assert result["exhausted"], done.stderr
        assert result["executions"] == len(graphs), done.stderr
        return graphs

    def in_parts(self, argument: str, model: str, give: int) -> list[Graph]:
        """The same, where each part gives so many away as soon as it can."""
        graphs, waiting = [], [("", "")]
        while waiting:
            after, until = waiting.pop()
            share = ["--after", after] * bool(after) + ["--until", until] * bool(until)
            words = ["--shared", str(give), *share, "--results", "2", "--dump", "-"]
            done = self._run(argument, "--model", model, *words)
            lines = [json.loads(line) for line in done.stderr.splitlines()]
            assert lines[-1]["exhausted"], done.stderr
            given = [line for line in lines if line["type"] == "given"]
            waiting += [(line["after"], line["until"]) for line in given]
            graphs += [from_dump(line, names=NAMES) for line in done.stdout.splitlines()]
        return graphs

    def result(self, argument: str, model: str, *options: str) -> dict[str, Any]:
        """The host's own summary of a search; ``options`` are the host's."""
        done = self._run(argument, "--model", model, *options)
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def _run(self, argument: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [str(engine_path("explore")), *options, str(self.program), argument]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done


def difference(model: str, explored: list[Graph], consistent: set[Graph]) -> str:
    """What is wrong with the explored graphs, empty if nothing is."""
    times = Counter(explored)
    kinds = {
        "visited more than once": [graph for graph, count in times.items() if count > 1],
        "missing": sorted(consistent - times.keys(), key=str),
        "not consistent": sorted(times.keys() - consistent, key=str),
    }
    return "\n".join(
        f"{model}: {kind} ({len(graphs)} graphs), for example\n{graphs[0]}"
        for kind, graphs in kinds.items()
        if graphs
    )


#: What the search is driven by: a script as text, and who prints its graphs.
DRIVER = [*SCRIPT, Path(__file__).with_name("driver.c")]


def _scripted_driver() -> Path:
    """Link ``driver.c`` with what it takes of the explorer: the half that knows no program."""
    return built("driver", DRIVER, *POISONED, link=(str(whole_explorer()), "-lm"))
