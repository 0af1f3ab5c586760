"""What asks mean: the targets that an agent has loaded, and the work that its children do.

Children fork from the agent, so what is loaded here once (the project's Python, the
compilers, what a target needs to find its binary) is loaded for all of them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heald.building.cache import cache_directory
from heald.building.engine import engine_path
from heald.cluster.blobs import blob, digest_of_bytes, has_blob, keep_file, laid_out
from heald.stop import Stop
from heald.targets.isolated import AnyWork, result_to_json
from heald.targets.places import targets_in
from heald.targets.target import Target, identity_of
from heald.verdicts import UsageError

Tell = Callable[[Mapping[str, Any]], None]
"""Sends progress from a child to the leader."""


class Project:
    """What ``prepare`` has loaded: one project for the whole life of an agent."""

    def __init__(self) -> None:
        self._targets: dict[str, Target] = {}
        self._loaded: tuple[Any, ...] | None = None
        self._identities: dict[str, Mapping[str, Any]] = {}

    def load(
        self, folder: str, files: Mapping[str, str] | None, places: list[str]
    ) -> dict[str, Any]:
        """Go into the project's folder, import its places, and say what is there.

        Parameters
        ----------
        folder
            Of the project: where it lies here; with `files`, the one inside of them that
            places and sources start from.
        files
            Name to digest of everything that was sent; ``None`` if the folder is here.

        Raises
        ------
        UsageError
            If the folder is not here, or something else is loaded already: modules are
            loaded once a process, so another project needs another agent.
        """
        wanted = (folder, None if files is None else sorted(files.items()), places)
        if self._loaded not in (None, wanted):
            raise UsageError("this agent has another project loaded; start another one")
        if self._loaded is None:
            home = Path(folder) if files is None else laid_out(files) / folder
            if not home.is_dir():
                raise UsageError(f"there is no folder {folder} on this machine")
            os.chdir(home)
            for place in places:
                self._targets |= {target.name: target for target in targets_in(place)}
            self._loaded = wanted
        return {name: _facts(target) for name, target in self._targets.items()}

    def target(self, name: str) -> Target:
        """Return a target that was loaded; ``UsageError`` if there is none of the name."""
        if name not in self._targets:
            raise UsageError(f"no target {name} was loaded by prepare")
        return self._targets[name]

    def identity(self, name: str) -> Mapping[str, Any]:
        """Say what a target that has been compiled is made of.

        Asked in the agent itself: what that loads, every slice finds loaded.
        """
        if name not in self._identities:
            self._identities[name] = identity_of(self.target(name))
        return self._identities[name]


def _facts(target: Target) -> dict[str, Any]:
    """Say of a target what may differ from machine to machine."""
    return {
        "shown_here": str(getattr(target, "shown_here", "yes")),
        "expected": target.expected,
    }


def compile_work(target: Target | None) -> AnyWork:
    """Compile what a target needs, or the explorer."""

    def work(_stop: Stop) -> dict[str, Any]:
        if target is None:
            engine_path("explore")
            return {}
        prepare = getattr(target, "prepare", None)
        if callable(prepare):
            prepare()
        return {}

    return work


def slice_work(target: Target, *, seconds: float, seed: int) -> AnyWork:
    """Run one slice of a target."""

    def work(stop: Stop) -> dict[str, Any]:
        return result_to_json(target.run_slice(seconds=seconds, seed=seed, stop=stop))

    return work


def build_work(
    files: Mapping[str, str],
    folder: str,
    sources: list[str],
    stdin: str | None,
    cflags: list[str],
    trust: list[str],
) -> AnyWork:
    """Compile a program from its texts, and keep it as a blob.

    Parameters
    ----------
    files
        Name to digest, each as deep as it lies where it comes from.
    folder
        The one, on the other machine, that names start from.
    """
    texts = {name: blob(digest) for name, digest in files.items()}
    for name, digest in files.items():
        if not has_blob(digest):
            raise UsageError(f"{name} ({digest}) was never sent")

    def work(_stop: Stop) -> dict[str, Any]:
        from heald.explorer.built import build_program
        from heald.replaying.sources import Copies

        key = digest_of_bytes(repr((sorted(files.items()), folder)).encode())
        root = cache_directory() / "programs" / key
        root.mkdir(parents=True, exist_ok=True)
        copies = Copies(root, folder)
        copies.write({name: path.read_text() for name, path in texts.items()})
        program = build_program(
            [each if each == "-" else copies.of(each) for each in sources],
            cflags=copies.flags(cflags),
            stdin=stdin,
            trust=trust,
        )
        return {"program": keep_file(program), "root": str(root.resolve())}

    return work


def _nobody_hears(_line: Mapping[str, Any]) -> None:
    pass


def part_work(
    program: str,
    root: str,
    words: list[str],
    arguments: list[str],
    *,
    budget_s: float | None,
    tell: Tell | None,
) -> AnyWork:
    """Explore one part of a program's executions.

    Parameters
    ----------
    program
        Digest of the compiled program.
    root
        Where the texts lie that it was compiled from here: its places are then named here.
    words
        The engine's options, those that name the part among them.
    tell
        Who hears of progress, when it listens to who asks for some of it, and what it gives.
    """
    # Loaded and looked for here, once, and not in each child.
    from heald.explorer.process import explore
    from heald.explorer.sites import name_places, spots_of

    if not has_blob(program):
        raise UsageError(f"the program {program} was never sent")
    engine = engine_path("explore")

    def work(_stop: Stop) -> dict[str, Any]:
        # To give some of it away is for the engine, in this process group; it inherits this.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        explored = explore(
            engine,
            blob(program),
            words,
            arguments,
            budget_s=budget_s,
            on_progress=tell,
            at_home=True,
            on_shared=tell or _nobody_hears,
        )
        if root:
            name_places(blob(program), explored.failures)
            for failure in explored.failures:
                for spot in spots_of(failure):
                    if "file" in spot:  # as it is called where the text comes from
                        spot["file"] = os.path.abspath(spot["file"]).removeprefix(root)
        return asdict(explored)

    return work
