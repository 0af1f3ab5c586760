"""What a failed cell of the matrix leaves: its kind, its words, and a capsule to see it again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heald.capsule import capsule_of
from heald.faults.matrix import Matrix
from heald.faults.target import TransferTarget, findings_of
from heald.state import CAPSULES
from heald.targets.places import file_of


@dataclass(frozen=True)
class FailedCell:
    """One method that saw one kind of failure of a transfer that is not called flawed."""

    target: str
    method: str
    kind: str
    message: str
    capsule: str

    def to_json(self) -> dict[str, str]:
        """Return what ``heald faults --matrix --json`` prints of it."""
        return dict(vars(self))

    def text(self) -> str:
        """Say it in three lines."""
        said = self.message.replace("\n", "\n  ")
        return (
            f"{self.target} under {self.method}: {self.kind}: {said}\n"
            f"  heald replay {self.capsule}"
        )


def failed_cells(
    matrix: Matrix, found: Sequence[tuple[TransferTarget, str]], folder: Path = CAPSULES
) -> list[FailedCell]:
    """Write a capsule of each failure in the matrix that nobody has asked for.

    Parameters
    ----------
    found
        The targets, each with the place where a replay finds it.
    """
    told: list[FailedCell] = []
    by_name = {target.name: (target, place) for target, place in found}
    for (name, method), report in matrix.cells.items():
        target, place = by_name[name]
        if target.expected == "flawed" or not report.failures:
            continue
        identity: Mapping[str, Any] = target.identity()
        for finding in findings_of(report.failures, 0, target.subject):
            # What tells two failures of one kind apart is their case.
            case = json.dumps(finding.detail["case"], sort_keys=True)
            capsule = capsule_of(
                replace(finding, seed=zlib.crc32(case.encode())),
                target=name,
                place=place,
                expected=target.expected,
                identity=identity,
                file=file_of(name, place),
            )
            saved = str(capsule.try_to_save(folder))
            told.append(FailedCell(name, method, finding.kind, finding.message, saved))
    return told
