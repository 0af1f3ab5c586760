"""Subjects of these tests: the catalogue's flawed ones, and a user's own small mistakes."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

import heald
from heald import Subject


class RacyModel:
    """What the author of ``racy.c`` had in mind."""

    def __init__(self) -> None:
        self.owned = self.dropped = False
        self.ids = self.inside = 0
        self.wishes = [False, False]

    def claim(self) -> bool:
        """Return whether the caller owns it now."""
        was, self.owned = self.owned, True
        return not was

    def new_id(self) -> int:
        """Return a number that nobody had before."""
        self.ids += 1
        return self.ids - 1

    def enter(self, me: int) -> bool:
        """Return whether the other one has not wished so far."""
        self.wishes[me] = True
        return not self.wishes[1 - me]

    def drop(self) -> bool:
        """Return whether there was something to drop."""
        was, self.dropped = self.dropped, True
        return not was

    def wait_inside(self) -> None:
        """Come in; everybody who waits for it finds two at last."""


RACY = Subject(
    Path(__file__).parent / "racy.c",
    state="struct racy",
    init="void racy_init(struct racy *)",
    ops={
        "claim": heald.op("bool racy_claim(struct racy *)"),
        "new_id": heald.op("int racy_new_id(struct racy *)"),
        "enter": heald.op(
            "bool racy_enter(struct racy *, int me)",
            me=st.integers(0, 1),
            may_return=[False],
        ),
        "drop": heald.op("bool racy_drop(struct racy *)"),
        "wait_inside": heald.op("void racy_wait_inside(struct racy *)"),
    },
    model=RacyModel,
)
