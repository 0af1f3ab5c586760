"""What an agent says of its part of a search, read as what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heald.cluster.asks import is_count
from heald.cluster.backend import Answer
from heald.explorer.process import Explored
from heald.explorer.sites import spots_of
from heald.verdicts import EngineError


def explored_of(answer: Answer) -> Explored:
    """Read what a part has found; ``EngineError`` if it makes no sense."""
    data = answer.get("data")
    try:
        if not isinstance(data, dict) or not _is_result(data["result"]):
            raise ValueError(f"{str(data)[:200]!r}")
        failures, outcomes, traces = (
            [dict(line) for line in data[key]]
            for key in ("failures", "outcomes", "traces")
        )
        for failure in failures:
            str(failure["kind"])
        output, interrupted = str(data["output"]), bool(data["interrupted"])
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError(
            f"an agent says of a part what makes no sense: {error!r}"
        ) from error
    result = dict(data["result"])
    return Explored(result, failures, outcomes, traces, output, interrupted)


def _is_result(result: Any) -> bool:
    counts = ("executions", "blocked", "failures", "steps")
    return (
        isinstance(result, dict)
        and all(is_count(result.get(key)) for key in counts)
        and isinstance(result.get("exhausted"), bool)
        and all(is_count(result.get(key, 0)) for key in ("given", "tree"))
    )


def call_as_here(failures: Sequence[Mapping[str, Any]]) -> None:
    """Call files as this machine does: from the current directory, where they lie in it."""
    here = Path.cwd()
    for failure in failures:
        for spot in spots_of(failure):
            path = Path(str(spot.get("file", "")))
            if path.is_relative_to(here):
                spot["file"] = str(path.relative_to(here))


def cut_off(progress: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of a part that was ended before it could say its own."""
    nothing = {
        "executions": 0,
        "blocked": 0,
        "cut": 0,
        "failures": 0,
        "steps": 0,
        "runs": 0,
    }
    counts = {key: progress.get(key, 0) for key in nothing}
    return {**counts, "exhausted": False, "reason": "budget", "estimate": 0.0}
