"""The words that the schemas of ``--json`` are made of, and what several of them speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
YES_OR_NO: Schema = {"type": "boolean"}
ANY: Schema = {}
_NULL: Schema = {"type": "null"}


def or_null(schema: Schema) -> Schema:
    """Allow null beside it."""
    return {"anyOf": [schema, _NULL]}


def list_of(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def map_of(schema: Schema) -> Schema:
    """Return the schema of an object with keys of its own."""
    return {"type": "object", "additionalProperties": schema}


def one_of(*words: str) -> Schema:
    """Return the schema of one of these words."""
    return {"enum": [*words]}


def object_of(
    keys: Mapping[str, Schema], may: Mapping[str, Schema] | None = None
) -> Schema:
    """Return the schema of an object that has all of `keys`, and perhaps some of `may`."""
    return {
        "type": "object",
        "properties": {**keys, **(may or {})},
        "required": [*keys],
    }


def ref(name: str) -> Schema:
    """Refer to one of the definitions."""
    return {"$ref": f"#/$defs/{name}"}


VERDICT = one_of(
    "passed",
    "failed",
    "usage error",
    "undecided",
    "untrustworthy",
    "engine error",
)
MODEL = one_of("sc", "tso", "rc11")
_THREAD = {"type": "integer", "minimum": -1, "description": "0 is main"}
AT = {"at": TEXT, "name": TEXT, "bytes": COUNT}
LINE = {"file": TEXT, "line": COUNT, "function": TEXT}

_STEP = object_of(
    {"thread": _THREAD, "op": TEXT},
    {
        **AT,
        **LINE,
        "order": TEXT,
        "old": TEXT,
        "new": TEXT,
        "old_name": TEXT,
        "new_name": TEXT,
        "succeeded": YES_OR_NO,
        "from": or_null(COUNT),
        "source": or_null(COUNT),
        "newer": list_of(COUNT),
        "after": or_null(COUNT),
        "note": or_null(TEXT),
    },
)
DEFINITIONS: Mapping[str, Schema] = {
    "step": _STEP,
    "trace": object_of(
        {
            "threads": list_of(
                object_of({"id": _THREAD, "name": or_null(TEXT)}, {"frame": COUNT})
            ),
            "steps": list_of(ref("step")),
        },
        {
            "switches": COUNT,
            "at_least": COUNT,
            "pending": list_of(ref("step")),
            "blocks": map_of(ANY),
        },
    ),
    "place": object_of({}, {"thread": _THREAD, "access": TEXT, **AT, **LINE}),
    "diagnosis": object_of(
        {"name": TEXT, "line": TEXT, "advice": TEXT, "suspicion": TEXT}
    ),
    "brief": object_of(
        {
            "kind": TEXT,
            "message": TEXT,
            "capsule": or_null(TEXT),
            "where": list_of(ref("place")),
            "diagnosis": ref("diagnosis"),
        }
    ),
    "failure": object_of(
        {"kind": TEXT, "message": TEXT, "where": list_of(ref("place"))},
        {
            "type": one_of("failure"),
            "schedule": TEXT,
            "trace": ref("trace"),
            "output": TEXT,
            "capsule": or_null(TEXT),
            "test": TEXT,
            "advice": TEXT,
            "change": TEXT,
            "is_algorithms": YES_OR_NO,
            "stack": ANY,
            "history": ANY,
            "outcome": ANY,
            "diagnosis": ref("diagnosis"),
        },
    ),
    "scenario": object_of(
        {
            "before": list_of(list_of(ANY)),
            "threads": list_of(list_of(list_of(ANY))),
            "after": list_of(list_of(ANY)),
        }
    ),
    "machine": object_of(
        {
            "machine": TEXT,
            "processor": TEXT,
            "processors": COUNT,
            "hypervisor": YES_OR_NO,
            "system": TEXT,
            "kernel": TEXT,
            "libc": TEXT,
        }
    ),
}
