"""A failure as one page to step through, in a browser, without a network (``--html FILE``).

The page holds everything: steps, sources, capsules, the patch. All of it is data in one
``script`` element of type JSON; what shows it writes text only, never markup, so a
name or a line of source stays the text that it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from heald.showing.diagnosis import advice_of, change_of, diagnose, title_of
from heald.showing.history import histories
from heald.showing.moved import moved
from heald.showing.quoted import quoted
from heald.showing.stuck_rules import waiting_places
from heald.showing.told import told_steps
from heald.showing.trace import source_line, thread_name
from heald.showing.words import Sources, Step, call_of, place_of, step_lines, value_of
from heald.state import write_file

_NO_TRACE: Mapping[str, Any] = {"threads": [], "steps": []}


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Attributes
    ----------
    title
        What was checked.
    headline
        Verdict and numbers, in one line.
    failures
        In the form of ``heald check --json``.
    patch
        A unified diff that mends it; else empty.
    notes
        What limits the result.
    """

    title: str
    headline: str
    failures: Sequence[Mapping[str, Any]]
    patch: str = ""
    notes: Sequence[str] = ()

    def html(self) -> str:
        """Return the page."""
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("heald.showing"),
            autoescape=True,
            undefined=StrictUndefined,
        )
        data = {
            "title": self.title,
            "headline": self.headline,
            "failures": [_failure(each) for each in self.failures],
            "patch": self.patch,
            "notes": list(self.notes),
        }
        template = environment.get_template("failure.html.j2")
        return template.render(title=self.title, data=_embedded(data))

    def save(self, path: Path) -> None:
        """Write the page to a file."""
        write_file(path, self.html())


def _embedded(data: object) -> Any:
    """Return JSON that no element ends in, whatever the texts in it are."""
    from markupsafe import Markup

    text = json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(text.replace("&", "\\u0026"))


def _failure(failure: Mapping[str, Any]) -> dict[str, Any]:
    trace = failure.get("trace") or moved(failure.get("transfer")) or _NO_TRACE
    fold = not failure.get("transfer")  # a dozen calls, each with its own script
    steps = told_steps({**failure, "trace": trace}, whole=True, fold=fold)
    found = diagnose({**failure, "trace": {**trace, "steps": steps}})
    names = {thread["id"]: thread_name(thread) for thread in trace["threads"]}
    shown = [thread for thread in names if any(s["thread"] == thread for s in steps)]
    capsule = failure.get("capsule")
    places = waiting_places(failure) or failure.get("where", ())
    where = [place for place in places if place.get("line")]
    marks, sources = dict(found.marks), cache(source_line)
    if failure.get("transfer") and steps:
        marks.setdefault(len(steps) - 1, f"then: {failure['kind']}")
    return {
        "kind": failure["kind"],
        "title": title_of(failure, found),
        "message": failure["message"],
        "where": [_place(place) for place in places],
        "reason": found.line if found.is_by_rule else "",
        "advice": [*filter(None, [advice_of(failure, found)]), *change_of(failure)],
        "histories": histories(steps, found.marks, failure.get("where", ())),
        "blocks": [block["told"] for block in trace.get("blocks", {}).values()],
        "threads": [{"id": thread, "name": names[thread]} for thread in shown],
        "steps": [_step(i, steps, names, marks, sources) for i in range(len(steps))],
        "sources": _sources([*steps, *where]),
        "at": [{"file": str(p["file"]), "line": p["line"]} for p in where],
        "calls": failure.get("calls"),
        "transfer": failure.get("transfer"),
        "input": failure.get("input"),
        "told": list(failure.get("told", ())),
        "capsule": _capsule(capsule),
        "replay": f"heald replay {capsule}" if capsule else "",
    }


def _place(place: Mapping[str, Any]) -> str:
    at = f"{place.get('file', '?')}:{place.get('line', 0)}{call_of(place)}"
    if "thread" not in place:
        return f"{place.get('access', 'in')} {place.get('function', '')}, {at}"
    who = "main" if place["thread"] == 0 else f"thread {place['thread']}"
    if place.get("access") == "waits":
        return f"{who} waits for {place_of(place)}, {at}"
    done = f"{place.get('access', '')} {place_of(place)}".strip()
    return f"{done} by {who}, {at}" if done else f"{who}, {at}"


def _step(
    index: int,
    steps: Sequence[Step],
    names: Mapping[int, str],
    marks: Mapping[int, str],
    sources: Sources,
) -> dict[str, Any]:
    step = steps[index]
    mark = marks.get(index, "")
    lines = step_lines(index, steps, names, sources, {})
    told = [line.strip() for line in lines if line.startswith("  ")]
    if "text" in step:
        told = [step["text"], *step.get("more", ())]
    if step["op"] in ("fail", "stuck"):
        mark = mark or told[0]
    return {
        "thread": step["thread"],
        "op": step["op"],
        "text": told[0] if told else step["op"],
        "more": told[1:],
        "mark": mark,
        "file": step.get("file"),
        "line": step.get("line"),
        "name": place_of(step) if step.get("at") else "",
        "old": value_of(step, "old"),
        "new": None if step.get("succeeded") is False else value_of(step, "new"),
        "from": step.get("from"),
        "newer": list(step.get("newer") or ()),
    }


def _sources(steps: Iterable[Step]) -> dict[str, list[str]]:
    names = dict.fromkeys(str(step["file"]) for step in steps if step.get("file"))
    return {name: [*lines] for name in names if (lines := quoted(name))}


def _capsule(path: str | None) -> dict[str, str] | None:
    if not path:
        return None
    try:
        return {"name": PurePath(path).name, "text": Path(path).read_text()}
    except (OSError, UnicodeDecodeError):
        return None
