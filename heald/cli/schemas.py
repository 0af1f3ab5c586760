"""The form of every ``--json``, as JSON Schema (draft 2020-12).

Keys may be added in later versions, none is taken away or changed: so no schema forbids others.
A test closes them, and holds what the commands really print against that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heald.cli.schema_words import (
    COUNT,
    DEFINITIONS,
    MODEL,
    NUMBER,
    TEXT,
    VERDICT,
    YES_OR_NO,
    Schema,
    list_of,
    map_of,
    object_of,
    one_of,
    or_null,
    ref,
)
from heald.cli.schemas_of_runs import EXPLAINED, FAULTS, LITMUS, REPLAY, REPORT, STRESS

_CHECK = object_of(
    {
        "program": TEXT,
        "model": MODEL,
        "search": one_of("exhaustive", "random", "uniform", "pct", "pos"),
        "verdict": VERDICT,
        "exhaustive": YES_OR_NO,
        "executions": COUNT,
        "blocked": COUNT,
        "known": COUNT,
        "failures": list_of(ref("failure")),
        "seconds": NUMBER,
        "build_seconds": NUMBER,
        "seed": COUNT,
        "reason": or_null(TEXT),
        "failed_executions": COUNT,
        "estimate": NUMBER,
        "missed_bound": or_null(NUMBER),
        "symmetry": YES_OR_NO,
        "bound": or_null(COUNT),
        "cut": COUNT,
        "output": TEXT,
        "notes": list_of(TEXT),
    }
)
_VERIFIED = object_of(
    {
        "name": TEXT,
        "verdict": VERDICT,
        "steps": list_of(
            object_of(
                {
                    "name": TEXT,
                    "verdict": or_null(VERDICT),
                    "covered": TEXT,
                    "seconds": NUMBER,
                }
            )
        ),
        "sentence": TEXT,
        "failure": or_null(ref("brief")),
        "message": TEXT,
        "patch": TEXT,
    }
)
_VERIFY = {
    "anyOf": [
        _VERIFIED,
        object_of({"verdict": VERDICT, "targets": list_of(_VERIFIED)}),
    ]
}
_ANSWER = {
    "verdict": VERDICT,
    "patch": TEXT,
    "changes": list_of(
        object_of(
            {
                "file": TEXT,
                "line": COUNT,
                "source": TEXT,
                "old": TEXT,
                "new": TEXT,
                "without": or_null(ref("failure")),
            }
        )
    ),
    "reason": TEXT,
    "failure": or_null(ref("failure")),
    "executions": COUNT,
    "explorations": COUNT,
}
_SAVING = object_of(
    {"before": COUNT, "after": COUNT, "gone": map_of(COUNT), "come": map_of(COUNT)}
)
_TIGHTEN = object_of(
    {
        **_ANSWER,
        "weakest": YES_OR_NO,
        "untouched": COUNT,
        "unchanged": list_of(TEXT),
        "saving": map_of(_SAVING),
    }
)


def _mutant(*states: str) -> dict[str, Schema]:
    return {
        "file": TEXT,
        "line": COUNT,
        "column": COUNT,
        "number": COUNT,
        "name": or_null(TEXT),
        "operation": TEXT,
        "from": TEXT,
        "to": TEXT,
        "state": one_of(*states, "never run", "undecided"),
        "sites": COUNT,
        "order": or_null(TEXT),
        "kind": or_null(TEXT),
        "message": or_null(TEXT),
        "scenario": or_null(ref("scenario")),
        "schedule": or_null(TEXT),
        "executions": COUNT,
        "beyond_rc11": YES_OR_NO,
        "why": or_null(TEXT),
        "step": COUNT,
    }


_SCORES = {
    "caught": COUNT,
    "survived": COUNT,
    "undecided": COUNT,
    "never_run": COUNT,
    "score": or_null(NUMBER),
}
_BOUNDS = {"text": TEXT, "scenarios": COUNT, "executions": COUNT, "sampled": COUNT}
_OF_SUBJECTS = object_of(
    {
        "verdict": VERDICT,
        **_SCORES,
        "subjects": list_of(
            object_of(
                {
                    "subject": TEXT,
                    "model": MODEL,
                    "verdict": VERDICT,
                    **_SCORES,
                    "bounds": object_of({**_BOUNDS, "left_out": COUNT}),
                    "failure": or_null(TEXT),
                    "mutants": list_of(
                        object_of(
                            {
                                **_mutant("caught", "survived"),
                                "macro": or_null(TEXT),
                                "fence": YES_OR_NO,
                            }
                        )
                    ),
                    "seconds": NUMBER,
                }
            )
        ),
    }
)
_OF_PROGRAM = object_of(
    {
        "program": TEXT,
        "model": MODEL,
        "verdict": VERDICT,
        "executions": COUNT,
        "seconds": NUMBER,
        "needed": COUNT,
        "stronger": COUNT,
        "never_run": COUNT,
        "undecided": COUNT,
        "score": or_null(NUMBER),
        "failure": or_null(ref("failure")),
        "mutants": list_of(object_of(_mutant("needed", "stronger"))),
    }
)
_LIST = object_of(
    {
        "targets": list_of(
            object_of(
                {
                    "target": TEXT,
                    "expected": or_null(TEXT),
                    "shown_here": TEXT,
                    "place": TEXT,
                }
            )
        )
    }
)
_DOCTOR = object_of(
    {
        "machine": ref("machine"),
        "checks": list_of(
            object_of(
                {
                    "name": TEXT,
                    "state": one_of("ok", "limited", "missing"),
                    "seen": TEXT,
                    "remedy": TEXT,
                    "required": YES_OR_NO,
                }
            )
        ),
    }
)

#: Of each command that has ``--json``.
SCHEMAS: Mapping[str, Schema] = {
    "check": _CHECK,
    "doctor": _DOCTOR,
    "faults": FAULTS,
    "list": _LIST,
    "litmus": LITMUS,
    "mend": object_of(_ANSWER),
    "mutate": {"anyOf": [_OF_SUBJECTS, _OF_PROGRAM]},
    "replay": {"anyOf": [REPLAY, EXPLAINED]},
    "report": REPORT,
    "stress": STRESS,
    "tighten": _TIGHTEN,
    "verify": _VERIFY,
}


def schema_of(command: str) -> Schema:
    """Return the whole schema of what a command prints with ``--json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"heald {command} --json",
        **SCHEMAS[command],
        "$defs": dict(DEFINITIONS),
    }


def closed(schema: Any) -> Any:
    """Return a schema that forbids keys it does not name: for tests."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made
