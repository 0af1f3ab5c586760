"""What ``heald stress report replay litmus faults`` print with ``--json``, as JSON Schema."""

from __future__ import annotations

from heald.cli.schema_words import (
    ANY,
    COUNT,
    INTEGER,
    MODEL,
    NUMBER,
    TEXT,
    VERDICT,
    YES_OR_NO,
    list_of,
    map_of,
    object_of,
    one_of,
    or_null,
    ref,
)

REPLAY = object_of(
    {
        "verdict": VERDICT,
        "failures": COUNT,
        "samples": COUNT,
        "seconds": NUMBER,
        "interval": list_of(NUMBER),
        "changed": map_of(TEXT),
        "other_kinds": map_of(COUNT),
        "message": TEXT,
        "found": list_of(ref("brief")),
    }
)
EXPLAINED = object_of(
    {
        "found": YES_OR_NO,
        "nearness": or_null(COUNT),
        "failure": or_null(map_of(ANY)),
        "beyond_x86": YES_OR_NO,
        "attempts": list_of(map_of(ANY)),
        "seconds": NUMBER,
        "was_cut": YES_OR_NO,
        "capsule": or_null(TEXT),
        "text": TEXT,
    }
)
_ON_KIND = object_of(
    {
        "shown_here": TEXT,
        "slices": COUNT,
        "samples": COUNT,
        "seconds": NUMBER,
        "findings": map_of(COUNT),
        "caught_after_s": or_null(NUMBER),
    }
)
_CAMPAIGN = {
    "campaign": COUNT,
    "seed": INTEGER,
    "seconds": NUMBER,
    "machines": list_of(
        object_of(
            {
                "name": TEXT,
                "topology": ref("machine"),
                "heald": TEXT,
                "compiler": TEXT,
                "slices": COUNT,
                "samples": COUNT,
                "seconds": NUMBER,
            }
        )
    ),
    "verdict": VERDICT,
    "failures": list_of(ref("brief")),
    "targets": list_of(
        object_of(
            {
                "target": TEXT,
                "place": TEXT,
                "expected": or_null(TEXT),
                "verdict": VERDICT,
                "worth": TEXT,
                "samples": COUNT,
                "seconds": NUMBER,
                "samples_per_second": NUMBER,
                "outcomes": COUNT,
                "bound_on_missed": or_null(NUMBER),
                "findings": map_of(COUNT),
                "kinds": map_of(_ON_KIND),
                "capsules": list_of(TEXT),
                "explanations": map_of(map_of(ANY)),
                "notes": list_of(TEXT),
                "error": or_null(TEXT),
            }
        )
    ),
}
STRESS = object_of(
    {
        **_CAMPAIGN,
        "database": TEXT,
        "preparing_seconds": NUMBER,
        "interrupted": YES_OR_NO,
    }
)
_CHANGE = object_of(
    {
        "target": TEXT,
        "change": one_of("worse", "better", "new", "gone", "same"),
        "before": or_null(VERDICT),
        "after": or_null(VERDICT),
        "appeared": list_of(TEXT),
        "gone": list_of(TEXT),
        "rate": or_null(NUMBER),
    }
)
REPORT = object_of({**_CAMPAIGN, "state": TEXT}, {"against": list_of(_CHANGE)})
LITMUS = object_of(
    {
        "verdict": VERDICT,
        "tests": list_of(
            object_of(
                {
                    "test": TEXT,
                    "verdict": VERDICT,
                    "executions": map_of(COUNT),
                    "outcomes": list_of(
                        object_of(
                            {
                                "outcome": list_of(list_of(ANY)),
                                "allowed": list_of(MODEL),
                                "declared": YES_OR_NO,
                                "seen": COUNT,
                            }
                        )
                    ),
                    "samples": COUNT,
                    "problems": list_of(TEXT),
                }
            )
        ),
    }
)
_MISSING = {"purpose": TEXT, "missing": or_null(TEXT)}
FAULTS = {
    "anyOf": [
        object_of(
            {
                "methods": list_of(object_of({"method": TEXT, **_MISSING})),
                "surroundings": list_of(object_of({"name": TEXT, **_MISSING})),
            }
        ),
        object_of(
            {
                "expected": map_of(or_null(TEXT)),
                "cells": list_of(
                    object_of(
                        {
                            "target": TEXT,
                            "method": TEXT,
                            "cases": COUNT,
                            "first_failure": or_null(COUNT),
                            "kinds": list_of(TEXT),
                        }
                    )
                ),
                "skipped": map_of(TEXT),
                "wrong": list_of(TEXT),
                "failed": list_of(map_of(TEXT)),
            }
        ),
        object_of(
            {
                "verdict": VERDICT,
                "command": list_of(TEXT),
                "calls": COUNT,
                "shortened": COUNT,
                "interrupted": COUNT,
                "failed": COUNT,
                "runs": COUNT,
                "failures": list_of(
                    object_of(
                        {
                            "calls": TEXT,
                            "most": INTEGER,
                            "signals": ANY,
                            "differences": list_of(TEXT),
                        }
                    )
                ),
            }
        ),
    ]
}
