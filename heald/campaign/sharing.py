"""Who runs next: time goes where there is still something to discover.

Every target has a share of the time. One part of it, the floor, is the same for all (times
a weight). Two thirds of the rest go to the hunt: to flaws that are known to be there and not
yet caught. What is left is divided by what each target discovered lately: outcomes and kinds
of finding not seen before, halved with every slice that brings nothing new; by the logarithm,
because the hundredth outcome says less than the first. A settled target (its flaw is caught)
keeps a quarter of its floor.

Order follows from stride scheduling (Waldspurger and Weihl, 1995): each target has a virtual
time that grows by (seconds used / share), and the one furthest behind runs next; at the
start, when all are, those with a flaw to catch. So shares hold over any stretch of time,
whatever the length of the slices. No clock and no chance in here: the same reports give the
same order.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

_SETTLED = 0.25
_HUNT = 2 / 3


@dataclass
class _Account:
    weight: float
    virtual_time: float = 0.0
    discoveries: float = 0.0
    hunting: bool = False
    settled: bool = False
    retired: bool = False


class TimeShares:
    """The shares of all targets.

    Parameters
    ----------
    weights
        Name of each target to its weight, above 0.
    floor
        Part of all time that is shared evenly, above 0 and at most 1.
    """

    def __init__(self, weights: Mapping[str, float], *, floor: float) -> None:
        self._floor = floor
        self._accounts = {name: _Account(weight) for name, weight in weights.items()}

    def share(self, name: str) -> float:
        """Return the part of all time that `name` gets at present, 0 to 1."""
        return self._shares((name,))[name]

    def _shares(self, names: Iterable[str]) -> dict[str, float]:
        active = [a for a in self._accounts.values() if not a.retired]
        claims = (_even, _hunted, _hope)
        even, hunted, hope = (sum(map(claim, active)) for claim in claims)
        return {
            name: self._part(self._accounts[name], even, hunted, hope) for name in names
        }

    def _part(self, account: _Account, even: float, hunted: float, hope: float) -> float:
        """Return an account's part of the time, by what all of them claim together."""
        own = _even(account) / even if even else 0.0
        if not hunted and not hope:
            return own
        hunt = _hunted(account) / hunted if hunted else 0.0
        hoped = _hope(account) / hope if hope else 0.0
        both = hunted and hope
        rest = _HUNT * hunt + (1 - _HUNT) * hoped if both else hunt + hoped
        return self._floor * own + (1 - self._floor) * rest

    def next(
        self, busy: Container[str] = (), running: Mapping[str, float] | None = None
    ) -> str | None:
        """Return who should run now, or ``None`` if all that could are busy.

        Parameters
        ----------
        running
            Seconds of each name that are under way, and count as if they were used.
        """
        shares = self._shares(running) if running else {}
        ahead = {n: s / shares[n] for n, s in (running or {}).items() if shares[n] > 0}
        waiting = [
            (
                account.virtual_time + ahead.get(name, 0.0),
                not account.hunting,
                order,
                name,
            )
            for order, (name, account) in enumerate(self._accounts.items())
            if not account.retired and name not in busy
        ]
        return min(waiting)[-1] if waiting else None

    def record(self, name: str, *, seconds: float, discoveries: int) -> None:
        """Report a slice: how long it took and how much of what it saw was new."""
        account = self._accounts[name]
        account.discoveries = account.discoveries / 2 + discoveries
        account.virtual_time += seconds / self.share(name)

    def hunt(self, name: str, wanted: bool = True) -> None:
        """Say whether `name` has a flaw that is still to be caught."""
        self._accounts[name].hunting = wanted

    def settle(self, name: str) -> None:
        """Say that the question about `name` is answered."""
        self._accounts[name].settled = True
        self._accounts[name].hunting = False

    def retire(self, name: str) -> None:
        """Never run `name` again."""
        self._accounts[name].retired = True


def _even(account: _Account) -> float:
    return account.weight * (_SETTLED if account.settled else 1.0)


def _hunted(account: _Account) -> float:
    return account.weight * account.hunting


def _hope(account: _Account) -> float:
    # A target of which nothing new was heard for eight slices is left to its floor.
    if account.settled or account.discoveries <= 1 / 256:
        return 0.0
    return account.weight * math.log2(1 + account.discoveries)
