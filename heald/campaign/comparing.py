"""Two campaigns beside each other: what is worse, what is better, what is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from heald.campaign.judgement import SEVERITY, judge
from heald.campaign.record import Record
from heald.verdicts import Verdict

#: Rates of real threads vary; a change below this says nothing.
_NOTABLE = 1.5


@dataclass(frozen=True)
class Change:
    """One target in both campaigns.

    Attributes
    ----------
    before, after
        Verdicts; ``None``: not in that campaign.
    appeared, gone
        Kinds of finding.
    rate
        Samples per second now, as a multiple of before; ``None`` where one has none.
    """

    name: str
    before: Verdict | None
    after: Verdict | None
    appeared: tuple[str, ...]
    gone: tuple[str, ...]
    rate: float | None

    @property
    def direction(self) -> str:
        """``"worse"``, ``"better"``, ``"new"``, ``"gone"`` or ``"same"``."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "gone"
        if self.before is self.after:
            return "same"
        worse = SEVERITY.index(self.after) < SEVERITY.index(self.before)
        return "worse" if worse else "better"

    @property
    def is_notable(self) -> bool:
        """Whether people want to hear of it."""
        other_rate = self.rate is not None and not 1 / _NOTABLE <= self.rate <= _NOTABLE
        return self.direction != "same" or bool(self.appeared or self.gone) or other_rate

    def to_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists."""
        return {
            "target": self.name,
            "change": self.direction,
            "before": self.before.value if self.before else None,
            "after": self.after.value if self.after else None,
            "appeared": list(self.appeared),
            "gone": list(self.gone),
            "rate": None if self.rate is None else round(self.rate, 3),
        }

    def __str__(self) -> str:
        before, after = (v.value if v else "-" for v in (self.before, self.after))
        text = f"{self.direction}: {self.name}: {before} -> {after}"
        if self.appeared:
            text += f"; new: {', '.join(self.appeared)}"
        if self.gone:
            text += f"; no more: {', '.join(self.gone)}"
        if self.rate is not None and not 1 / _NOTABLE <= self.rate <= _NOTABLE:
            text += f"; {self.rate:.2g} times the samples per second"
        return text


def changes(before: Iterable[Record], after: Sequence[Record]) -> list[Change]:
    """Return every target of two campaigns, those of the later one first."""
    known = {record.name: record for record in before}
    names = [record.name for record in after]
    later = {record.name: record for record in after}
    everyone = [*names, *(name for name in known if name not in later)]
    return [_change(name, known.get(name), later.get(name)) for name in everyone]


def _change(name: str, before: Record | None, after: Record | None) -> Change:
    old = before.findings if before else {}
    new = after.findings if after else {}
    rates = [each.samples_per_second if each else 0.0 for each in (before, after)]
    return Change(
        name,
        judge(before).verdict if before else None,
        judge(after).verdict if after else None,
        tuple(kind for kind in new if kind not in old),
        tuple(kind for kind in old if kind not in new) if after else (),
        rates[1] / rates[0] if all(rates) else None,
    )
