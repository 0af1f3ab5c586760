"""The explorer's graphs of a litmus program, asked for in two ways.

``Scripted`` drives the search alone, through ``scripted.c``; ``Compiled`` runs real C under the
whole explorer. Both give lists, not sets, so that a graph visited twice is seen.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from heald import build
from heald.engine import engine_include, engine_path, engine_sources

from .graph import Graph, from_dump
from .printer import to_numbers
from .program import LOCATIONS, Program

NAMES = {f"{name}+0": name for name in LOCATIONS}


class Scripted:
    """One process that answers program after program; use as a context manager."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [str(_scripted_driver())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def graphs(self, program: Program, model: str) -> list[Graph]:
        """All complete executions that the search visits, in its order.

        Raises
        ------
        AssertionError
            If the search dies, or counts otherwise than it visits.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{model} {to_numbers(program)}\n")
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

    def __init__(self, source: Path) -> None:
        """Compile a program whose one argument says which litmus program to run."""
        self.program = build.compile([source], flavour=build.EXPLORED)

    def graphs(self, argument: str, model: str) -> list[Graph]:
        """All complete executions, in the order of the search."""
        command = [
            str(engine_path("explore")),
            "--model",
            model,
            "--results",
            "2",
            "--dump",
            "-",
        ]
        done = subprocess.run(
            [*command, str(self.program), argument],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        graphs = [from_dump(line, names=NAMES) for line in done.stdout.splitlines()]
        result = json.loads(done.stderr.splitlines()[-1])
        assert result["exhausted"], done.stderr
        assert result["executions"] == len(graphs), done.stderr
        return graphs


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


def _scripted_driver() -> Path:
    """Compile ``scripted.c`` with the parts of the search that it needs."""
    place = Path(tempfile.mkdtemp(prefix="scripted-"))
    flags = ["-std=gnu11", "-O2", "-g", f"-I{engine_include()}"]
    sources = Path(engine_sources()) / "explore"
    flags.append(f"-I{sources}")
    objects = []
    for source in sorted(sources.glob("*.c")):
        objects.append(place / f"{source.stem}.o")
        _run(["gcc", *flags, "-c", str(source), "-o", str(objects[-1])])
    # From an archive the linker takes only what the search needs: no hooks, no fibers.
    archive, driver = place / "search.a", place / "scripted"
    _run(["ar", "rcs", str(archive), *map(str, objects)])
    script = Path(__file__).with_name("scripted.c")
    _run(["gcc", *flags, str(script), str(archive), "-lm", "-o", str(driver)])
    return driver


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
