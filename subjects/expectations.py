"""What each way of checking must show of a variant, as data.

A table that is only prose goes stale. Here every cell is a value that a test holds: the
native ones today in ``tests/subjects``, the exploring ones wherever the explorer runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import heald
from heald.subject.subject import ShownOn

MODELS = ("sc", "tso", "rc11")
"""The explorer's memory models, from strong to weak: what one shows the next one does."""

Kinds = frozenset[str]
"""Kinds of finding, any of which is right; empty where nothing must be found."""

Cells = Mapping[str, Kinds]
"""Per memory model what exploring every execution must find."""


def always(*kinds: str) -> Cells:
    """Found under every model: interleaving the threads is enough."""
    return MappingProxyType(dict.fromkeys(MODELS, frozenset(kinds)))


def only_rc11(*kinds: str) -> Cells:
    """Found under rc11 alone: sc and tso keep stores, and loads, in order."""
    return MappingProxyType({**always(), "rc11": frozenset(kinds)})


def not_sc(*kinds: str) -> Cells:
    """Found where a store may be delayed past a load: under tso and rc11."""
    return MappingProxyType({**always(*kinds), "sc": frozenset()})


NEVER = always()
"""Every execution under every model is fine."""

WRONG = "forbidden outcome"
"""The word for results that the sequential model cannot explain."""

FORBIDDEN = frozenset({WRONG})
"""The same, as what real threads show."""

CORRUPTION = frozenset(
    {"crash", "abort", "hang", "forbidden outcome", "broken invariant"}
)
"""What real threads show of memory that is used by two owners: luck decides which."""


#: x86 keeps stores in order and loads in order: what needs them swapped never shows itself there.
HIDDEN_BY_X86: ShownOn = {"x86_64": "no", "i686": "no", "*": "rare"}


@dataclass(frozen=True)
class Variant:
    """One implementation of a subject, and what each way of checking must show.

    Attributes
    ----------
    subject
        With its name, ``expected`` (sound or flawed) and ``shown_here``: whether real
        threads on x86 show the flaw.
    exploring
        Per memory model; data races are reported.
    native
        Kinds of finding on real threads on x86 with gcc -O2; empty: it must hold.
    why
        The reason, in a sentence.
    races_allowed
        Per memory model, with plain accesses taken as relaxed ones, where that shows
        something else than ``exploring``.
    """

    subject: heald.Subject
    exploring: Cells
    native: Kinds
    why: str
    races_allowed: Cells | None = None

    def __post_init__(self) -> None:
        sound = self.subject.expected == "sound"
        if sound and (self.native or any(self.exploring.values())):
            raise ValueError(f"{self.name} is sound but something must be found")
        if not sound and not any(self.exploring.values()):
            raise ValueError(f"{self.name} is flawed but exploring must find nothing")
        if bool(self.native) != (self.subject.shown_by("x86_64") != "no" and not sound):
            raise ValueError(f"{self.name}: native= and shown_here= disagree")

    @property
    def name(self) -> str:
        """Subject and variant, as in ``stack/tagged``."""
        return self.subject.name

    @property
    def sound(self) -> bool:
        """Whether it must pass everything."""
        return self.subject.expected == "sound"
