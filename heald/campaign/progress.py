"""How a campaign shows that it lives: a moving picture on a terminal, plain lines in a log.

Both write to standard error, so that standard output holds the result only. Findings are
lines in both, and stay.
"""

from __future__ import annotations

import sys
import time
from pathlib import PurePath
from typing import TYPE_CHECKING

from heald.campaign.record import Record
from heald.campaign.run import Campaign, Watcher
from heald.durations import show_seconds
from heald.finding import Finding
from heald.plain import one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

#: Seconds between two lines in a log: often enough to see that it lives, and about sixty
#: lines for a campaign of any length.
_LOG_EVERY_S = 5.0
_LOG_LINES = 60


def watcher_for_stderr() -> Watcher:
    """Return the picture if standard error is a terminal, lines otherwise."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    return Picture(console) if console.is_terminal else Lines()


def finding_line(record: Record, finding: Finding, capsule: str) -> str:
    """Return one line for a finding: who, what, how expected, how to see it again."""
    word = {"flawed": "caught", "sound": "FAILED"}.get(record.expected or "", "failed")
    message = finding.message.splitlines()[0] if finding.message else finding.kind
    replay = f"heald replay {capsule}" if capsule else "not kept"
    said = one_line(f"{word} {record.name}: {finding.kind}: {message}{_places(finding)}")
    return f"{said}\n  {one_line(replay)}"


#: Of so many functions it is said where they are.
_MOST_PLACES = 3


def _places(finding: Finding) -> str:
    """Say where the functions are that were called, where the message has no line of its own."""
    places = finding.detail.get("defined", ())[:_MOST_PLACES]
    told = [f"{p['function']} at {PurePath(p['file']).name}:{p['line']}" for p in places]
    return f" ({', '.join(told)})" if told else ""


def explanation_line(record: Record, capsule: str) -> str:
    """Return one line for an explanation: who, and the bug by name."""
    text = str(record.explained[capsule].get("text", ""))
    first = text.splitlines()[0] if text else "not explained"
    return one_line(f"{record.name}: {first}")


class Lines:
    """Plain lines, for logs and pipes."""

    def __init__(self) -> None:
        self._next = 0.0

    def begun(self, campaign: Campaign) -> None:
        """Say what is about to run."""
        self._say(campaign, _opening(campaign))

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        """Say what was found."""
        _write("\n".join([finding_line(record, finding, capsule), *_shown(finding)]))

    def explained(self, record: Record, capsule: str) -> None:
        """Say what it was."""
        _write(explanation_line(record, capsule))

    def went_on(self, campaign: Campaign) -> None:
        """Say now and then how far it is."""
        if time.monotonic() < self._next:
            return
        self._say(campaign, _state(campaign))

    def _say(self, campaign: Campaign, text: str) -> None:
        pause = max(_LOG_EVERY_S, campaign.plan.budget_s / _LOG_LINES)
        self._next = time.monotonic() + pause
        _write(text)


def _shown(finding: Finding) -> list[str]:
    """Return what it was found on, where there is something to show."""
    return ["    " + one_line(str(line)) for line in finding.detail.get("shown", ())]


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Picture:
    """A few lines at the bottom of a terminal, drawn again five times a second.

    It is drawn by the loop itself: a thread of its own would forbid ``fork``.
    """

    def __init__(self, console: Console) -> None:
        from rich.live import Live

        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._next = 0.0

    def begun(self, campaign: Campaign) -> None:
        """Start to draw."""
        self._console.print(_opening(campaign))

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        """Print a line above the picture."""
        style = "green" if record.expected == "flawed" else "bold red"
        text = "\n".join([finding_line(record, finding, capsule), *_shown(finding)])
        self._console.print(text, style=style, markup=False)

    def explained(self, record: Record, capsule: str) -> None:
        """Print a line above the picture."""
        self._console.print(explanation_line(record, capsule), markup=False)

    def went_on(self, campaign: Campaign) -> None:
        """Draw again, if it is time."""
        if not _is_running(campaign):
            self._live.stop()
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.2
            self._live.start()
            self._live.update(_drawn(campaign), refresh=True)


def _opening(campaign: Campaign) -> str:
    again = f", {show_seconds(campaign.clock.used_before_s)} of them used" * (
        campaign.clock.used_before_s > 0
    )
    return (
        f"{len(campaign.records)} targets, {show_seconds(campaign.plan.budget_s)}{again}, "
        f"{campaign.plan.jobs} at a time, seed {campaign.seed}, "
        f"results in {campaign.database.path}; "
        "the budget begins when everything is compiled"
    )


def _state(campaign: Campaign) -> str:
    if to_compile := _compiling(campaign):
        assert campaign.preparation is not None
        return f"compiling, {to_compile} of {campaign.preparation.total} to go"
    records = campaign.records.values()
    started = sum(record.slices > 0 for record in records)
    samples = sum(record.samples for record in records)
    found = sum(record.caught for record in records)
    return (
        f"[{show_seconds(campaign.clock.used_s)} of {show_seconds(campaign.plan.budget_s)}] "
        f"{started} of {len(campaign.records)} targets run, {samples:,} samples, "
        f"{found} with findings; now {_now(campaign)}"
    )


def _is_running(campaign: Campaign) -> bool:
    return _compiling(campaign) > 0 or bool(campaign.lanes)


def _compiling(campaign: Campaign) -> int:
    """Return how many targets are still to be compiled."""
    preparation = campaign.preparation
    started = any(record.slices for record in campaign.records.values())
    return 0 if preparation is None or started else preparation.total - preparation.done


def _now(campaign: Campaign) -> str:
    names = [
        f"explaining {lane.record.name}" if lane.explains else lane.record.name
        for lane in campaign.lanes
    ]
    return ", ".join(names) or "ending"


def _drawn(campaign: Campaign) -> RenderableType:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    bar = ProgressBar(
        total=campaign.plan.budget_s,
        completed=min(campaign.clock.used_s, campaign.plan.budget_s),
        width=60,
    )
    return Group(bar, Text(_state(campaign)))
