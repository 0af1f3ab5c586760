"""Where in the author's C a transfer went wrong: the lines of its calls, and of its entry.

The shim knows from where each call was made. Faults of the real kernel need no shim, so such a
case is run once more with one, and what it logs is taken where it fails in the same way.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from heald.building.places import Place, definition_of, look_up
from heald.faults.case import Action, Case, LoggedCall
from heald.faults.host import Host, Ran
from heald.faults.subject import TransferSubject

#: Of a case that has failed before, and is run to be told.
_DEADLINE_S = 5.0


def with_calls(subject: TransferSubject, ran: Ran) -> Ran:
    """Return the run with its calls, where the shim can see them."""
    case = ran.case
    if ran.result is None or ran.result.log or case.notify or case.outside:
        return ran
    with Host(subject, checked=ran.checked, deadline_s=_DEADLINE_S) as host:
        again = host.run_one(case)
    if again.result is None or again.broken != ran.broken:
        return ran
    return replace(ran, result=again.result)


def places_of(subject: TransferSubject, ran: Ran) -> list[dict[str, Any]]:
    """Return the call that matters and the entry, in the form of ``where``."""
    library = subject.build(wrapped=True, checked=ran.checked)
    log = ran.result.log if ran.result is not None else ()
    call = _blamed(log)
    found = [] if call is None else _called(library, call, ran.case)
    entry = definition_of(library, subject.entry)
    if entry is not None and (not found or found[0]["function"] != entry.function):
        found.append(_place("in", entry))
    return found


def _blamed(log: tuple[LoggedCall, ...]) -> LoggedCall | None:
    """Return the last call that a fault acted on or that came back short; else the last one."""
    short = [call for call in log if call.step >= 0 or call.returned < call.asked]
    told = short or [*log]
    return told[-1] if told else None


def _called(library: Path, call: LoggedCall, case: Case) -> list[dict[str, Any]]:
    place = look_up(library, [call.at]).get(call.at)
    if place is None or not place.line:
        return []
    return [_place(f"{call}{_made_short(case, call)}, in", place)]


def _made_short(case: Case, call: LoggedCall) -> str:
    """Say so where it was the script that let a call move less than the kernel would have."""
    if not 0 <= call.returned < call.asked or call.step < 0:
        return ""
    steps = case.steps[call.step : call.step + 1]
    is_capped = any(step.action is Action.CAP for step in steps)
    return " (heald let it move less, as the kernel may)" if is_capped else ""


def _place(access: str, at: Place) -> dict[str, Any]:
    return {
        "access": access,
        "file": at.file,
        "line": at.line,
        "function": at.function,
    }
