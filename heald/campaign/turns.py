"""Whose turn it is, for how long, with which number: the errands of a campaign.

An errand is one slice to be run: a target and a number, from which its seed follows, so that
it is the same slice whoever runs it. What a target shows depends on the kind of machine, so
each kind has shares of its own: a flaw that one has caught is still hunted on the other.

A machine that is lost takes its errands with it. Each is asked for again, at most twice: a
machine may die of many things, but three that die of one slice, the last of them with nothing
else to do, do not die by chance.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

from heald.campaign.plan import Plan
from heald.campaign.record import Record
from heald.campaign.sharing import TimeShares

#: Shortest and longest slice, seconds, where the plan does not say.
SLICE_S = (0.2, 10.0)
#: How many machines may be lost with one slice before that is a finding.
MOST_LOSSES = 3


@dataclass(frozen=True)
class Errand:
    """One slice to be run.

    Attributes
    ----------
    number
        Of this target's slices.
    slice_s
        How long it is meant to take.
    losses
        The machines that were lost with it so far.
    """

    name: str
    number: int
    seed: int
    slice_s: float
    losses: tuple[str, ...] = ()


class Turns:
    """Who runs next.

    Parameters
    ----------
    numbers
        Of each target, the first number that no slice has yet.
    """

    def __init__(
        self,
        plan: Plan,
        records: Mapping[str, Record],
        seed: int,
        numbers: Mapping[str, int],
    ) -> None:
        self._plan = plan
        self._records = records
        self._seed = seed
        self._numbers = Counter(numbers)
        self._shares: dict[str, TimeShares] = {}
        self._retired: set[tuple[str, str | None]] = set()
        self._again: deque[Errand] = deque()

    def next(
        self,
        kind: str,
        *,
        slots: int,
        left_s: float,
        busy: Container[str] = (),
        running: Mapping[str, float] | None = None,
    ) -> Errand | None:
        """Return the errand whose turn it is on a machine of this kind.

        Parameters
        ----------
        slots
            How many racing targets run at a time.
        left_s
            Seconds that are left; with too few to see anything nobody has a turn.
        busy
            Names that cannot have one now.
        running
            Seconds of slices of each name that are at work.
        """
        while self._again:
            errand = self._again[0]
            if not self._is_retired(errand.name, kind):
                slice_s = min(errand.slice_s, left_s)
                return replace(errand, slice_s=slice_s) if slice_s > 0 else None
            self._again.popleft()
        shares = self._shares_on(kind)
        name = shares.next(busy, running or {})
        if name is None:
            return None
        whole = self._slice_of(self._records[name].on(kind), slots)
        slice_s = min(whole, left_s)
        if slice_s < whole / 4:
            return None
        number = self._number(name)
        return Errand(name, number, slice_seed(self._seed, name, number), slice_s)

    def begin(self, errand: Errand) -> None:
        """Take the turn: the errand has been given to somebody."""
        if errand.losses:
            self._again.popleft()
        else:
            self._numbers[errand.name] = errand.number + 1

    def lose(self, errand: Errand, machine: str) -> Errand | None:
        """Ask again for an errand whose machine was lost.

        Returns
        -------
        Errand or None
            The errand with all its losses if those are too many to go on, else ``None``.
        """
        lost = replace(errand, losses=(*errand.losses, machine))
        if len(lost.losses) >= MOST_LOSSES:
            return lost
        self._again.append(lost)
        return None

    def took(self, name: str, kind: str, *, seconds: float, discoveries: int) -> None:
        """Report a slice of a target, already part of its record."""
        shares = self._shares_on(kind)
        shares.record(name, seconds=seconds, discoveries=discoveries)
        self._settle(shares, self._records[name].on(kind))

    def retire(self, name: str, kind: str | None = None) -> None:
        """Never run a target again, on one kind of machines or on all."""
        self._retired.add((name, kind))
        for each, shares in self._shares.items():
            if kind in (None, each):
                shares.retire(name)

    def _number(self, name: str) -> int:
        """Return the next number of a target's slices that is this shard's."""
        first = self._numbers[name]
        which, of = self._plan.shard or (0, 1)
        return first + (which - first) % of

    def _is_retired(self, name: str, kind: str) -> bool:
        return not self._retired.isdisjoint({(name, None), (name, kind)})

    def _shares_on(self, kind: str) -> TimeShares:
        if kind not in self._shares:
            weights = {name: self._plan.rule_for(name).weight for name in self._records}
            shares = TimeShares(weights, floor=self._plan.floor)
            for name, record in self._records.items():
                here = record.on(kind)
                self._settle(shares, here)
                if here.seconds:
                    shares.record(name, seconds=here.seconds, discoveries=0)
                if self._is_retired(name, kind):
                    shares.retire(name)
            self._shares[kind] = shares
        return self._shares[kind]

    def _settle(self, shares: TimeShares, record: Record) -> None:
        if record.expected == "flawed" and record.caught:
            shares.settle(record.name)
        else:
            shares.hunt(record.name, _is_hunted(record))

    def _slice_of(self, record: Record, slots: int) -> float:
        """Return the length of the next slice: what is hunted gets longer breaths."""
        breath = 2 ** min(record.slices, 5) if _is_hunted(record) else 1
        return min(SLICE_S[1], self._slice_s(slots) * breath)

    def _slice_s(self, slots: int) -> float:
        """Return a length that gives every target some three turns."""
        if self._plan.slice_s is not None:
            return self._plan.slice_s
        turns = 3 * max(1, len(self._records))
        shortest, longest = SLICE_S
        return min(longest, max(shortest, self._plan.budget_s * slots / turns))


def _is_hunted(record: Record) -> bool:
    """Whether something is still to come: a flaw to catch, or a first sample to trust."""
    if record.caught:
        return False
    flaw = record.expected == "flawed" and record.shown_here == "yes"
    return flaw or (record.slices > 0 and record.samples == 0)


def slice_seed(base: int, name: str, number: int) -> int:
    """Return the seed, 0 to 2^31 - 1, of the slice `number` of target `name`.

    So small, because a target may number what it draws in the bits above it.
    """
    text = f"{base} {name} {number}".encode()
    digest = hashlib.blake2b(text, digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1
