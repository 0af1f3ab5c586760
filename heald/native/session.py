"""Running scenarios on real threads, many in a row.

A session keeps one host process per compiled subject. A run is a fresh copy of it, so a
scenario costs a few milliseconds, and what one run breaks no other can feel.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from heald.native.host import Host
from heald.native.loading import load
from heald.native.result import NativeResult, Tally
from heald.native.run import Run
from heald.native.settings import Settings
from heald.scenario import Outcome, Scenario

if TYPE_CHECKING:
    from heald.building.flavours import Flavour
    from heald.stop import Stop
    from heald.subject.subject import Subject

_HOSTS = 8


def run_native(
    subject: Subject,
    scenario: Scenario,
    *,
    seed: int = 0,
    budget_s: float = 1.0,
    settings: Settings | None = None,
    history: bool = False,
    stop: Stop | None = None,
    flavour: Flavour | str = "native",
) -> NativeResult:
    """Run one scenario; see ``NativeSession.run``, and use that for more than one."""
    with NativeSession() as session:
        return session.run(
            subject,
            scenario,
            seed=seed,
            budget_s=budget_s,
            settings=settings,
            history=history,
            stop=stop,
            flavour=flavour,
        )


class NativeSession:
    """Host processes kept for many runs; a context manager, for one thread at a time.

    Parameters
    ----------
    hang_s
        Seconds without progress after which a thread that could run counts as stuck.
    memory_bytes
        Writable memory that a run may have, the runner's own 200 MiB included.
    power_s
        Longest power check.
    """

    def __init__(
        self, *, hang_s: float = 1.0, memory_bytes: int = 1 << 30, power_s: float = 1.0
    ) -> None:
        self.hang_s = hang_s
        self.memory_bytes = memory_bytes
        self.power_s = power_s
        self._hosts: OrderedDict[Path, Host] = OrderedDict()
        self._owner = os.getpid()
        self._powered: set[tuple[int, int]] = set()
        self._libraries: dict[tuple[int, str], tuple[Subject, Path]] = {}

    def __enter__(self) -> NativeSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes. The session can be used again afterwards."""
        self._forget_hosts_of_another_process()
        while self._hosts:
            self._hosts.popitem()[1].close()

    def run(
        self,
        subject: Subject,
        scenario: Scenario,
        *,
        seed: int,
        budget_s: float,
        settings: Settings | None = None,
        tune: bool | None = None,
        history: bool = False,
        check_power: bool | Literal["once"] = True,
        most_samples: int | None = None,
        most_lost: int = 3,
        stop: Stop | None = None,
        stop_when: Callable[[Mapping[Outcome, int]], bool] | None = None,
        flavour: Flavour | str = "native",
    ) -> NativeResult:
        """Run a scenario on real threads until the budget ends.

        Parameters
        ----------
        seed
            Everything random follows from it (not what the machine does).
        budget_s
            Seconds to run, above 0, without compiling. The power check comes on top, and
            for a subject that hangs up to ``hang_s`` to be sure of it.
        settings
            Fixed settings; by default they are tuned towards most interleaving.
        tune
            Whether to tune; then ``settings`` is where to begin, and its placement and
            load stay. By default only where no settings are given.
        history
            Stamp every call: ``histories`` of the result. Costs interleaving.
        check_power
            Whether to make sure that a known race shows itself here; ``"once"``: unless a run
            of this subject with so many threads was trustworthy before.
        most_samples
            End with the first stride that reaches so many, below twice the number.
        most_lost
            End after so many processes were lost to crashes and hangs.
        stop, stop_when
            Asked every few milliseconds, the second with the outcomes so far: end now?
            With the second a broken invariant ends the run, too.

        Raises
        ------
        UsageError
            If the subject does not compile or load, or the scenario does not fit it.
        """
        shared_object = self._compiled(subject, flavour)
        key = id(subject), len(scenario.threads)
        run = Run(
            host=lambda: self.host_for(shared_object),
            hang_s=self.hang_s,
            power_s=self.power_s,
            scenario=scenario,
            tally=Tally(scenario, subject.layout(scenario)),
            seed=seed,
            settings=settings or Settings(),
            tune=settings is None if tune is None else tune,
            history=history,
            check_power=bool(check_power)
            and not (check_power == "once" and key in self._powered),
            most_samples=most_samples,
            stop=stop,
            stop_when=stop_when,
        )
        result = run.run(budget_s, most_lost)
        if check_power and result.trustworthy:
            self._powered.add(key)
        return result

    def host_for(self, library: Path) -> Host:
        """Return a live host of a compiled subject, starting one if need be."""
        self._forget_hosts_of_another_process()
        host = self._hosts.pop(library, None)
        if host is not None and not host.alive:
            host.close()
            host = None
        if host is None:
            host = Host(library, memory_bytes=self.memory_bytes)
            try:
                load(host)
            except BaseException:
                host.close()
                raise
        self._hosts[library] = host
        while len(self._hosts) > _HOSTS:
            self._hosts.popitem(last=False)[1].close()
        return host

    def _forget_hosts_of_another_process(self) -> None:
        """After a fork the hosts belong to the parent: two must not talk to one host."""
        if self._owner != os.getpid():
            self._owner = os.getpid()
            while self._hosts:
                self._hosts.popitem()[1].forget()

    def _compiled(self, subject: Subject, flavour: Flavour | str) -> Path:
        """Compile; asked once per session, so a session does not see later edits."""
        key = (id(subject), flavour if isinstance(flavour, str) else flavour.name)
        known = self._libraries.get(key)
        if known is None:
            known = (subject, subject.build(flavour).path)
            self._libraries[key] = known
        return known[1]
