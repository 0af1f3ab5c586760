"""What a campaign can run, whatever it is: a concurrent variant, a transfer, a parser.

A target runs for a slice of time and says what it saw. Targets are found in a *place*:
a folder, a Python file, or the name of a module. A module offers them by having
``heald.Subject`` objects at its top level (also inside lists, tuples and dictionaries),
or by a list named ``TARGETS`` of anything that has the methods below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from heald.finding import Finding
from heald.stop import Stop
from heald.verdicts import HealdError

Expected: TypeAlias = Literal["sound", "flawed"] | None
"""What a variant must show; ``None`` where nobody has said (a user's own subject)."""


NOTHING_COMPARED = (
    "no outcome was compared with anything: the subject has neither a model nor a table of "
    "outcomes; only crashes, hangs and broken invariants could be found"
)
"""A note of each slice of such a target; its pass says so."""


@dataclass(frozen=True)
class SliceResult:
    """What one slice of time gave.

    Attributes
    ----------
    samples
        Runs of a scenario, transfers made, messages parsed.
    seconds
        Wall-clock time spent on them, without compiling.
    outcomes
        Distinct outcomes, as short stable strings, with their counts: a campaign gives
        more time to the targets that still show new ones.
    findings
        What went wrong; empty for a good slice.
    notes
        What people should know: "4 threads on 2 processors", ...
    trustworthy
        False if the slice could not have seen a failure (the power check failed).
    """

    samples: int
    seconds: float
    outcomes: Mapping[str, int] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    notes: Sequence[str] = ()
    trustworthy: bool = True


@runtime_checkable
class Target(Protocol):
    """Something that can be run for a slice of time.

    A target may also have the following; a campaign asks for them by name, and makes do
    without.

    ``shown_here``
        ``"yes"`` (taken for granted), ``"rare"`` or ``"no"``: whether a flaw shows itself
        on this machine at all.
    ``catch_within_s``
        Seconds of running within which it then must be caught; 60 without.
    ``identity()``
        What exactly is run, for capsules: a JSON-able mapping with ``check`` (who replays
        it), ``subject``, ``variant``, ``sources`` (path to SHA-256), ``flags``,
        ``compiler``.
    ``replay_slice(finding, *, seconds, seed, stop)``
        Like ``run_slice``, but the finding's scenario only, again and again.
    ``prepare()``
        Compile what is needed into the cache. A campaign calls it before the first slice,
        in a process of its own, for several targets at once.
    ``processors``
        How many processors a slice keeps busy. Without it a slice gets all that there are
        (its share of them with ``--jobs``) to itself, as races need.
    """

    @property
    def name(self) -> str:
        """The subject and its variant, as in ``stack/tagged``."""

    @property
    def expected(self) -> Expected:
        """What it must show, if that is known."""

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        """Run for about ``seconds``, or until ``stop``; a seed fixes what is drawn.

        Seeds are 0 to 2^31 - 1.
        """


def identity_of(target: Target) -> Mapping[str, Any]:
    """Return what the target says about its sources and flags; empty if it says nothing."""
    identity = getattr(target, "identity", None)
    try:
        return identity() if callable(identity) else {}
    except HealdError:  # its source is gone meanwhile: the finding matters more
        return {}
