"""A failure in brief, as ``--json`` has it: what, where, and the bug by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heald.showing.annotations import places_of
from heald.showing.diagnosis import diagnose

Failure = Mapping[str, Any]


def with_name(failure: Failure) -> dict[str, Any]:
    """Add the bug by name, with its places and known cures, where that is not there yet."""
    return {"diagnosis": diagnose(failure).to_json(), **failure}


def brief(failure: Failure) -> dict[str, Any]:
    """Return kind, message, capsule, the places that have a line, and the bug by name."""
    kept = {key: failure.get(key) for key in ("kind", "message", "capsule")}
    named = with_name(failure)["diagnosis"]
    return {**kept, "where": list(places_of(failure)), "diagnosis": named}


def briefly(failures: Iterable[Failure]) -> list[dict[str, Any]]:
    """Return each in brief."""
    return [brief(failure) for failure in failures]
