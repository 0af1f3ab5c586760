"""What a target's record means, and what all records together mean.

A campaign asks of each variant whether it did what its author says it must. So a flawed one
*passes* when it is caught, and also when this machine cannot show the flaw and indeed did
not; it *fails* when it should have been caught and was not, because then the suite is blind.
A claim to have seen what this machine cannot show fails, too: table or detector is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from heald.campaign.record import Record
from heald.durations import show_seconds
from heald.intervals import bound_on_missed, show_rate
from heald.targets.target import NOTHING_COMPARED
from heald.verdicts import Verdict


@dataclass(frozen=True)
class Judgement:
    """A verdict, and what it rests on in a few words."""

    verdict: Verdict
    worth: str


#: The first of these that any target has is the verdict of the campaign.
SEVERITY = (
    Verdict.FAILED,
    Verdict.ENGINE_ERROR,
    Verdict.USAGE_ERROR,
    Verdict.UNTRUSTWORTHY,
    Verdict.UNDECIDED,
    Verdict.PASSED,
)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a campaign; without any target it is undecided."""
    seen = set(verdicts)
    return next((verdict for verdict in SEVERITY if verdict in seen), Verdict.UNDECIDED)


def judge(record: Record) -> Judgement:
    """Return what the record means."""
    if record.error is not None:
        how, text = record.error
        return Judgement(
            Verdict(how), text.strip().splitlines()[-1] if text.strip() else how
        )
    kinds = {kind: each for kind, each in record.kinds.items() if each.slices}
    if len(kinds) > 1:
        return _judge_kinds(record, kinds)
    if record.expected == "flawed":
        return _judge_flawed(record)
    if record.caught:
        return Judgement(Verdict.FAILED, _seen(record))
    return _judge_silent(record)


def _judge_silent(record: Record) -> Judgement:
    worth = f"misses below {show_rate(bound_on_missed(record.samples))}"
    if NOTHING_COMPARED in record.notes:
        worth = f"no outcome was compared; {worth}"
    return _doubt(record) or Judgement(Verdict.PASSED, worth)


def _judge_kinds(record: Record, kinds: Mapping[str, Record]) -> Judgement:
    """Judge what ran on several kinds of machines: one that shows a flaw is enough."""
    if record.caught and record.expected != "flawed":
        return Judgement(Verdict.FAILED, f"{_seen(record)}, {where_caught(kinds)}")
    if record.expected != "flawed":
        return _judge_silent(record)
    each = {kind: _judge_flawed(on) for kind, on in kinds.items()}
    wrong = [k for k, on in kinds.items() if on.caught and on.shown_here == "no"]
    if wrong:
        return Judgement(Verdict.FAILED, f"on {wrong[0]}: {each[wrong[0]].worth}")
    if record.caught:
        return Judgement(Verdict.PASSED, f"{where_caught(kinds)}: {_seen(record)}")
    verdict = overall(judged.verdict for judged in each.values())
    worth = "; ".join(f"on {kind}: {judged.worth}" for kind, judged in each.items())
    return Judgement(verdict, worth)


def where_caught(kinds: Mapping[str, Record]) -> str:
    """Say on which machines it was caught and how soon, and on which never.

    As in ``caught on aarch64 in 40 s, never on x86_64 in 2 min 00 s``.
    """
    caught = [
        f"on {kind} in {show_seconds(on.first_caught_s or 0.0)}"
        for kind, on in kinds.items()
        if on.caught
    ]
    never = [
        f"on {kind} in {show_seconds(on.seconds)}"
        for kind, on in kinds.items()
        if not on.caught
    ]
    text = f"caught {' and '.join(caught)}"
    return f"{text}, never {' or '.join(never)}" if never else text


def _judge_flawed(record: Record) -> Judgement:
    if record.caught and record.shown_here == "no":
        return Judgement(
            Verdict.FAILED,
            f"{_seen(record)}, which this machine cannot show: who is wrong?",
        )
    if record.caught:
        return Judgement(Verdict.PASSED, f"caught: {_seen(record)}")
    doubt = _doubt(record)
    if doubt is not None:
        return doubt
    if record.shown_here == "no":
        return Judgement(Verdict.PASSED, "not shown: this machine hides it")
    if record.shown_here == "rare":
        return Judgement(Verdict.PASSED, "not caught: rare on this machine")
    spent, wanted = show_seconds(record.seconds), show_seconds(record.catch_within_s)
    if record.seconds < record.catch_within_s:
        return Judgement(Verdict.UNDECIDED, f"not caught in {spent} of {wanted}")
    return Judgement(Verdict.FAILED, f"not caught in {spent}; must be within {wanted}")


def _doubt(record: Record) -> Judgement | None:
    """Return why nothing follows from having found nothing, if so."""
    if record.slices == 0:
        return Judgement(Verdict.UNDECIDED, "never run: the budget was too short")
    if 2 * record.doubtful_slices > record.slices:
        share = f"{record.doubtful_slices} of {record.slices}"
        text = f"no failure could have shown in {share} slices"
        return Judgement(Verdict.UNTRUSTWORTHY, text)
    if record.samples == 0:
        return Judgement(Verdict.UNTRUSTWORTHY, "no sample was taken")
    return None


def _seen(record: Record) -> str:
    """Name the kinds that were found, most frequent first."""
    kinds = [f"{kind} x {count:,}" for kind, count in record.findings.most_common(2)]
    more = len(record.findings) - len(kinds)
    return ", ".join(kinds) + (f" and {more} more kinds" if more > 0 else "")
