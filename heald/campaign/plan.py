"""The plan of a campaign: what is run, for how long, and how time is shared.

A plan file is TOML. Everything in it has a default, and the command line overrides it:

    budget = "8h"                # as in --budget
    places = ["subjects"]        # folders, files or modules with targets
    jobs = 2                     # slices at the same time
    seed = 1234                  # base of every slice's own seed
    slice = "5s"                 # length of one slice
    patience = "30s"             # how long past its slice a target may stay silent
    floor = 0.3                  # part of the time that is shared evenly

    [[target]]                   # rules; the last one that matches a name wins
    match = "stack/*"
    weight = 3                   # three times its even share
    catch_within = "2m"          # a flaw not caught by then fails the campaign

    [[target]]
    match = "message/*"
    skip = true
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from heald.durations import seconds_in
from heald.given import read_given
from heald.verdicts import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Rule:
    """What a plan says about the targets whose name matches.

    Attributes
    ----------
    match
        A shell pattern for names, as in ``stack/*``.
    weight
        Above 0; multiplies the even share of time.
    catch_within_s
        Replaces the target's own figure.
    """

    match: str
    weight: float = 1.0
    skip: bool = False
    catch_within_s: float | None = None


@dataclass(frozen=True)
class Plan:
    """A whole plan; see the top of this file for the meaning of each entry.

    Attributes
    ----------
    seed, slice_s
        ``None``: chosen when the campaign starts.
    shard
        Which of how many, from 0: of every target's slices, only those with this number's
        remainder. Shards with one seed are one campaign, wherever each is run.
    """

    places: tuple[str, ...] = ("subjects",)
    budget_s: float = 60.0
    jobs: int = max(1, (os.cpu_count() or 1) // 2)
    seed: int | None = None
    slice_s: float | None = None
    patience_s: float = 30.0
    floor: float = 0.3
    rules: tuple[Rule, ...] = ()
    shard: tuple[int, int] | None = None

    def rule_for(self, name: str) -> Rule:
        """Return the last rule that matches `name`, or one that changes nothing."""
        matching = [rule for rule in self.rules if fnmatchcase(name, rule.match)]
        return matching[-1] if matching else Rule(name)


def load_plan(path: Path) -> Plan:
    """Read a plan file.

    Raises
    ------
    UsageError
        If it cannot be read, is not TOML, or has an entry that no plan has.
    """
    try:
        data = tomllib.loads(read_given(path, otherwise="not a plan").decode())
    except OSError as error:
        raise UsageError(f"cannot read the plan {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the plan {path} is not TOML: {error}") from error
    rules = data.pop("target", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise UsageError(
            f"{path}: write each rule about targets under its own [[target]]"
        )
    values = _read(data, _PLAN_ENTRIES, f"{path}")
    return Plan(**values, rules=tuple(_rule(rule, path) for rule in rules))


def _rule(data: Mapping[str, Any], path: Path) -> Rule:
    if "match" not in data:
        raise UsageError(f'{path}: a [[target]] needs match = "a pattern for names"')
    return Rule(**_read(data, _RULE_ENTRIES, f"{path}: [[target]]"))


def _places(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError
    return tuple(value)


def _text(value: Any) -> str:
    return _only(str, value)


def _flag(value: Any) -> bool:
    return _only(bool, value)


def _number(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError
    return _only(int, value)


def _at_least_one(value: Any) -> int:
    if _number(value) < 1:
        raise ValueError
    return int(value)


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not value > 0:
        raise ValueError
    return float(value)


def _fraction(value: Any) -> float:
    if isinstance(value, bool) or not 0 < value <= 1:
        raise ValueError
    return float(value)


def _only(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise ValueError
    return value


_Reader = tuple[str, Callable[[Any], Any], str]
"""Name of the field, how to read the entry, what is accepted."""

_PLAN_ENTRIES: Mapping[str, _Reader] = {
    "places": ("places", _places, 'a list like ["subjects"]'),
    "budget": ("budget_s", seconds_in, 'a duration like "8h"'),
    "jobs": ("jobs", _at_least_one, "a number from 1"),
    "seed": ("seed", _number, "a number"),
    "slice": ("slice_s", seconds_in, 'a duration like "5s"'),
    "patience": ("patience_s", seconds_in, 'a duration like "30s"'),
    "floor": ("floor", _fraction, "a number above 0, at most 1"),
}
_RULE_ENTRIES: Mapping[str, _Reader] = {
    "match": ("match", _text, 'a pattern like "stack/*"'),
    "weight": ("weight", _weight, "a number above 0"),
    "skip": ("skip", _flag, "true or false"),
    "catch_within": ("catch_within_s", seconds_in, 'a duration like "2m"'),
}


def _read(
    data: Mapping[str, Any], entries: Mapping[str, _Reader], where: str
) -> dict[str, Any]:
    values = {}
    for name, value in data.items():
        if name not in entries:
            raise UsageError(
                f"{where}: there is no entry {name!r}; there are {', '.join(entries)}"
            )
        field_name, read, accepted = entries[name]
        try:
            values[field_name] = read(value)
        except (ValueError, TypeError, UsageError) as error:
            raise UsageError(f"{where}: {name} is {accepted}; got {value!r}") from error
    return values
