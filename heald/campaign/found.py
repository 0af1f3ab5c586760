"""What a campaign found, in the form of failures: for pages and for other tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from heald.campaign.judgement import judge
from heald.campaign.record import Record
from heald.capsule import load_capsule
from heald.finding import Finding
from heald.showing.evidence import failure_in, failure_of
from heald.verdicts import UsageError, Verdict


@dataclass(frozen=True)
class Found:
    """The first finding of each kind of each target; those that nobody expected come first.

    Attributes
    ----------
    records
        Of all targets.
    findings
        As ``Database.findings`` gives them.
    """

    records: Sequence[Record]
    findings: Sequence[Mapping[str, Any]]

    @cached_property
    def of_target(self) -> dict[str, list[dict[str, Any]]]:
        """The failures of each target, by its name."""
        known = {record.name: record for record in self.records}
        first: dict[tuple[str, str], Mapping[str, Any]] = {}
        for found in self.findings:
            first.setdefault((found["target"], found["kind"]), found)
        told: dict[str, list[dict[str, Any]]] = {}
        for (target, _), found in first.items():
            if target in known:
                told.setdefault(target, []).append(_failure(found, known[target]))
        return told

    @property
    def unexpected(self) -> list[dict[str, Any]]:
        """Failures of targets that did not pass; one that should have been caught, too."""
        failed = [r for r in self.records if judge(r).verdict is Verdict.FAILED]
        return [each for record in failed for each in self._failures_of(record)]

    @property
    def all(self) -> list[dict[str, Any]]:
        """Return everything, what nobody expected first."""
        passed = [r for r in self.records if judge(r).verdict is not Verdict.FAILED]
        rest = [f for r in passed for f in self.of_target.get(r.name, ())]
        return [*self.unexpected, *rest]

    def _failures_of(self, record: Record) -> list[dict[str, Any]]:
        silent: dict[str, Any] = {"kind": "not caught", "where": [], "capsule": None}
        silent["message"] = f"{record.name}: {judge(record).worth}"
        return self.of_target.get(record.name) or [silent]


def _failure(found: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """Return a finding with what its capsule knows; the capsule may be gone, or elsewhere."""
    name = found["capsule"]
    explained = record.explained.get(name, {}) if name else {}
    failure = failure_of(Finding.from_json(found), capsule=name, explanation=explained)
    if name:
        try:
            known = failure_in(load_capsule(Path(name)), name)
        except UsageError:
            known = {}
        failure = {**known, **{k: v for k, v in failure.items() if v or k not in known}}
    return {**failure, "message": f"{record.name}: {failure['message']}"}
