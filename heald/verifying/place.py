"""Verify what a place holds: each target by what applies to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from heald.deadline import OutOfTime
from heald.subject.subject import Subject
from heald.targets.of_subject import SubjectTarget
from heald.targets.places import targets_in
from heald.targets.target import Target
from heald.verdicts import UsageError
from heald.verifying.subject import verify_subject
from heald.verifying.target import verify_target
from heald.verifying.verification import Verification, Walk


def verify_one(
    target: Subject | Target,
    *,
    place: str | None = None,
    budget_s: float = 120.0,
    seed: int = 0,
    on_step: Callable[[str], None] | None = None,
) -> Verification:
    """Verify a subject, a transfer or a parser within a budget.

    Parameters
    ----------
    place
        Where a replay finds it: its folder, file or module.
    budget_s
        Seconds for everything.
    seed
        Of what is drawn.
    on_step
        Called with the name of each step as it begins.
    """
    if isinstance(target, SubjectTarget):
        target = target.subject
    if isinstance(target, Subject):
        return verify_subject(target, budget_s=budget_s, seed=seed, on_step=on_step)
    try:
        return verify_target(
            target, place=place, budget_s=budget_s, seed=seed, on_step=on_step
        )
    except OutOfTime as ended:
        return _not_looked_at(target, ended)


def verify_places(
    places: list[str],
    *,
    budget_s: float,
    seed: int = 0,
    on_step: Callable[[str], None] | None = None,
) -> Iterator[Verification]:
    """Verify every target of some places; each gets an equal share of what is left.

    Variants that are expected to be flawed are left out, unless one is named:
    ``stack.py:pool``, or a pattern behind the colon.

    Raises
    ------
    UsageError
        If a place has no targets, or none of that name.
    """
    import time

    end = time.monotonic() + budget_s
    targets = [chosen for place in places for chosen in _chosen(place)]
    for number, (target, place) in enumerate(targets):
        left_s = end - time.monotonic()
        if left_s <= 0:
            yield _not_looked_at(target, OutOfTime("the budget ended before it"))
            continue
        share_s = max(0.5, left_s / (len(targets) - number))
        yield verify_one(
            target, place=place, budget_s=share_s, seed=seed, on_step=on_step
        )


def _not_looked_at(target: Target, ended: OutOfTime) -> Verification:
    walk = Walk(0.0)
    walk.cut(ended)
    return Verification(target.name, walk.verdict(), walk.steps)


def _chosen(place: str) -> list[tuple[Target, str]]:
    """Return the targets of a place, or those that it names, each with where it is found."""
    where, colon, name = place.rpartition(":")
    if not colon or Path(place).exists():
        found = [each for each in targets_in(place) if each.expected != "flawed"]
        return [(each, place) for each in found]
    known = targets_in(where)
    named = [each for each in known if _is_named(each.name, name)]
    if not named:
        names = ", ".join(each.name for each in known)
        raise UsageError(f"nothing called {name} in {where}; there are: {names}")
    return [(each, where) for each in named]


def _is_named(full: str, pattern: str) -> bool:
    return fnmatchcase(full, pattern) or fnmatchcase(full.rpartition("/")[2], pattern)
