"""The end of a campaign: its table for people, its object for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from heald.campaign.judgement import judge, overall
from heald.campaign.record import Record
from heald.durations import show_seconds
from heald.intervals import bound_on_missed
from heald.plain import lines as plain_lines
from heald.plain import one_line
from heald.verdicts import Verdict

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN_CAPSULES = 3
_STYLE = {Verdict.PASSED: "green", Verdict.UNDECIDED: "yellow"}


def print_table(records: Sequence[Record], console: Console) -> None:
    """Print one row a target, then what needs attention, then the verdict."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column("target", overflow="fold")
    table.add_column("variant", overflow="fold")
    table.add_column("expected")
    table.add_column("verdict")
    for number in ("samples", "per s", "outcomes"):
        table.add_column(number, justify="right")
    kinds = kinds_of(records)
    for kind in kinds:
        table.add_column(kind, justify="right")
    table.add_column("worth (95 %)", overflow="fold")
    table.add_column("capsules", justify="right")
    for record in records:
        table.add_row(*_cells(record, kinds))
    console.print(table)
    for line in attention(records):
        console.print(plain_lines(line), markup=False, highlight=False, soft_wrap=True)
    console.print(closing_line(records), markup=False, highlight=False, soft_wrap=True)


def closing_line(records: Sequence[Record]) -> str:
    """Return the last line: the verdict and what it counts."""
    verdicts = [judge(record).verdict for record in records]
    counts = ", ".join(
        f"{verdicts.count(verdict)} {verdict.value}"
        for verdict in Verdict
        if verdict in verdicts
    )
    return f"{overall(verdicts).value}: {len(records)} targets, {counts or 'none run'}"


def attention(records: Iterable[Record]) -> list[str]:
    """Return lines on the targets that did not pass: why, and what to type.

    Targets with the same reason, and nothing else to tell, share a line.
    """
    lines: dict[str, list[str]] = {}
    together: dict[str, list[str]] = {}
    for record in records:
        judged = judge(record)
        if judged.verdict is Verdict.PASSED:
            continue
        why = record.error[1] if record.error else judged.worth
        reason = f"{judged.verdict.value}: {why}"
        more = [
            line
            for capsule in record.capsules[:_SHOWN_CAPSULES]
            for line in (f"  heald replay {capsule}", *_explanation(record, capsule))
        ]
        more += [f"  {one_line(note)}" for note in list(record.notes)[:3]]
        if more or record.error:
            lines[f"{record.name}: {reason}"] = more
        else:
            together.setdefault(reason, []).append(record.name)
    for reason, names in together.items():
        lines[f"{reason}: {', '.join(names)}"] = []
    return [line for first, more in lines.items() for line in (first, *more)]


def _explanation(record: Record, capsule: str) -> list[str]:
    text = str(record.explained.get(capsule, {}).get("text", ""))
    return [f"    {line}".rstrip() for line in text.splitlines()]


def summary(records: Sequence[Record], **campaign: Any) -> dict[str, Any]:
    """Return the object that ``--json`` prints: stable keys."""
    return {
        **campaign,
        "verdict": overall(judge(record).verdict for record in records).value,
        "targets": [_row(record) for record in records],
    }


def _row(record: Record) -> dict[str, Any]:
    judged = judge(record)
    passed = judged.verdict is Verdict.PASSED and not record.caught
    return {
        "target": record.name,
        "place": record.place,
        "expected": record.expected,
        "verdict": judged.verdict.value,
        "worth": judged.worth,
        "samples": record.samples,
        "seconds": round(record.seconds, 3),
        "samples_per_second": round(record.samples_per_second, 1),
        "outcomes": len(record.outcomes),
        "bound_on_missed": bound_on_missed(record.samples) if passed else None,
        "findings": dict(record.findings),
        "kinds": _on_kinds(record),
        "capsules": list(record.capsules),
        "explanations": dict(record.explained),
        "notes": list(record.notes),
        "error": record.error[1] if record.error else None,
    }


def kinds_of(records: Iterable[Record]) -> list[str]:
    """Return the kinds of machines, if there were several."""
    kinds = sorted({k for r in records for k, on in r.kinds.items() if on.slices})
    return kinds if len(kinds) > 1 else []


def on_kind(record: Record, kind: str) -> str:
    """Return what a target showed on one kind of machines, in a word and a number."""
    on = record.kinds.get(kind)
    if on is None or not on.slices:
        return "-"
    if on.caught:
        return f"caught {show_seconds(on.first_caught_s or 0.0)}"
    return f"{show_count(on.samples)}"


def _on_kinds(record: Record) -> dict[str, Any]:
    return {
        kind: {
            "shown_here": on.shown_here,
            "slices": on.slices,
            "samples": on.samples,
            "seconds": round(on.seconds, 3),
            "findings": dict(on.findings),
            "caught_after_s": on.first_caught_s,
        }
        for kind, on in record.kinds.items()
        if on.slices
    }


def _cells(record: Record, kinds: Sequence[str] = ()) -> list[Any]:
    from rich.text import Text

    judged = judge(record)
    subject, _, variant = record.name.partition("/")
    return [
        Text(subject),
        Text(variant),
        record.expected or "-",
        Text(judged.verdict.value, style=_STYLE.get(judged.verdict, "bold red")),
        show_count(record.samples),
        show_count(record.samples_per_second),
        show_count(len(record.outcomes)),
        *(on_kind(record, kind) for kind in kinds),
        Text(one_line(judged.worth)),
        str(len(record.capsules)) if record.capsules else "",
    ]


def show_count(count: float) -> str:
    """Show a count in at most five characters: ``950``, ``12.3k``, ``4.5M``, ``1.2G``."""
    for unit in ("", "k", "M", "G"):
        if count < 999.5:
            return f"{count:.0f}" if unit == "" else f"{count:.3g}{unit}"
        count /= 1000
    return f"{count:.3g}T"
