"""Loading a subject on trial, in a process of its own, before any run of it.

Its constructors are code like the rest: they may crash, hang or start processes, and what
they do there is a finding. The runs load it again, each for itself.
"""

from __future__ import annotations

from heald.finding import Finding
from heald.native import shared
from heald.native.findings import describe_death
from heald.native.host import Host
from heald.native.watch import Watch
from heald.scenario import Scenario
from heald.verdicts import UsageError

_LONGEST_S = 60.0
_HANG_S = 2.0
_POLL_S = 0.02


class LoadFailed(Exception):
    """Loading the subject ended its process; ``finding`` has no scenario."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def load(host: Host) -> None:
    """Wait until the subject was loaded on trial.

    Raises
    ------
    UsageError
        If the library cannot be loaded.
    LoadFailed
        If loading it ends the process, or never ends.
    """
    watch = Watch(
        host,
        1,
        budget_s=_LONGEST_S,
        hang_s=_HANG_S,
        poll_s=_POLL_S,
        should_stop=lambda: False,
    )
    ended = watch.until_ended()
    if ended.status is not None:
        shared.check_layout(host.recorder)
    if host.recorder.state == shared.REFUSED:
        reason = host.recorder.error.decode(errors="replace")
        raise UsageError(f"{host.shared_object.name} cannot be loaded: {reason}")
    if ended.status != 0 or host.recorder.state != shared.READY:
        host.read_modules()
        died = describe_death(host, Scenario(threads=((),)), 0, ended.status, watch.hang)
        text = f"loading the subject ended its process: {died.message}"
        raise LoadFailed(Finding(died.kind, text, detail=died.detail))
    host.read_modules()
