"""What happens before the first slice: targets that have something to compile do it now.

Why       Compiling inside slices would compile one target at a time, and take the time of
          those that come first. Here all processors work on it. What is compiled stays in
          the cache, so a resumed or repeated campaign passes through this in a moment.
Limits    A target that does not end has the patience of a slice, a compiler that is at work
          as long as some target is done now and then; what is not made then is not run, and
          said to be so.
Rules     A target offers ``prepare()``; it runs in a process of its own, like a slice, and
          may not return anything: what it made is found again in the cache.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from heald.deadline import children_of
from heald.durations import show_seconds
from heald.stop import Stop
from heald.targets.isolated import Ended, IsolatedSlice
from heald.targets.target import SliceResult, Target


@dataclass
class Preparation:
    """Preparing `targets`, several at a time.

    Attributes
    ----------
    targets
        Those of a campaign by name; who has no ``prepare`` needs nothing.
    patience_s
        How long one target may take in which no compiler is at work.
    longest_s
        How long it may go on without any being done.
    done, total
        How many have been prepared, and how many there are to prepare.
    """

    targets: dict[str, Target]
    patience_s: float
    longest_s: float = 300.0
    done: int = 0
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self._waiting = [n for n, t in self.targets.items() if _prepare_of(t) is not None]
        self._running: dict[str, IsolatedSlice] = {}
        self.total = len(self._waiting)
        self._last_done = 0.0

    def errors(self, over: Callable[[], bool]) -> Iterator[tuple[str, Ended] | None]:
        """Do it; yield each target that cannot be run, and ``None`` while time passes.

        Parameters
        ----------
        over
            Asked often; once it says yes, what still runs is ended.

        Notes
        -----
        Of what was not prepared in the end nothing is said: its first slice tries again.
        """
        self._last_done = time.monotonic()
        try:
            while (self._waiting or self._running) and not over():
                if time.monotonic() - self._last_done > self.longest_s:
                    yield from self._late()
                    return
                self._start()
                yield from self._failed()
                yield None
                time.sleep(0.005)
        finally:
            for child in self._running.values():
                child.kill()

    def _start(self) -> None:
        processors = len(os.sched_getaffinity(0))
        while self._waiting and len(self._running) < processors:
            name = self._waiting.pop(0)
            self._running[name] = IsolatedSlice(_work(self.targets[name]))

    def _failed(self) -> Iterator[tuple[str, Ended]]:
        for name, child in list(self._running.items()):
            ended = child.poll()
            if ended is None and child.seconds > self.patience_s:
                if children_of(child.pid):
                    continue  # a compiler is at work
                ended = child.kill()
            if ended is None:
                continue
            del self._running[name]
            self.done += 1
            self._last_done = time.monotonic()
            # A crash, an exit or a hang here is for the first slice to meet, and to report.
            if ended.how in ("usage error", "engine error"):
                yield name, ended

    def _late(self) -> Iterator[tuple[str, Ended]]:
        for name in (*self._running, *self._waiting):
            text = f"not compiled: for {show_seconds(self.longest_s)} none was"
            yield name, Ended("usage error", message=text)


def _prepare_of(target: Target) -> Callable[[], object] | None:
    prepare = getattr(target, "prepare", None)
    return prepare if callable(prepare) else None


def _work(target: Target) -> Callable[[Stop], SliceResult]:
    def work(stop: Stop) -> SliceResult:
        prepare = _prepare_of(target)
        assert prepare is not None
        prepare()
        return SliceResult(0, 0.0)

    return work
