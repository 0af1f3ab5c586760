"""How a test says that the subject erred: an assertion that carries its capsule.

It is an ``AssertionError``, so pytest shows it as a failed test and Hypothesis shrinks it.
Whoever catches it finds the finding and the capsule; the pytest plugin writes both into
the JUnit file and the line that replays into the summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.finding import Finding
from heald.state import CAPSULES

if TYPE_CHECKING:
    from heald.explaining.explanation import Explained
    from heald.subject.subject import Subject


class Violated(AssertionError):
    """The subject did what it must not do.

    Attributes
    ----------
    finding
        What was seen.
    capsule
        The file that replays it, if one was written.
    explained
        What the explorer found of it, if it was asked.
    """

    def __init__(
        self,
        message: str,
        *,
        finding: Finding | None = None,
        capsule: Path | str | None = None,
        explained: Explained | str = "",
    ) -> None:
        text = message if isinstance(explained, str) else f"{message}\n{explained.text()}"
        if isinstance(explained, str) and explained:
            text += f"\n{explained}"
        if isinstance(capsule, Path):
            text += f"\nreplay: heald replay {capsule}"
        elif capsule is not None:
            text += f"\nno capsule: {capsule}"
        super().__init__(text)
        self.finding = finding
        self.capsule = capsule if isinstance(capsule, Path) else None
        self.explained = None if isinstance(explained, str) else explained


def violated(
    finding: Finding,
    *,
    target: str,
    place: str,
    expected: str | None = None,
    identity: Mapping[str, Any],
    subject: Subject | None = None,
) -> Violated:
    """Write the capsule of a finding and return the exception to raise.

    Parameters
    ----------
    target, place
        Where a replay finds it: its name, and the file, folder or module it is in.
    identity
        What the target says about itself: ``Target.identity()``.
    subject
        If it failed on real threads, the explorer is asked about it.
    """
    from dataclasses import replace

    from heald.capsule import capsule_of
    from heald.explaining.while_testing import EXPLANATIONS

    capsule = capsule_of(
        finding, target=target, place=place, expected=expected, identity=identity
    )
    lines = [f"{target}: {finding.kind}: {finding.message}"]
    if finding.scenario is not None:
        lines.append(finding.scenario.columns(finding.outcome))
    if finding.detail.get("explanation"):
        lines.append(str(finding.detail["explanation"]))
    lines.append(f"seed {finding.seed}, seen {finding.count} times")
    explained = EXPLANATIONS.explain(subject, finding, place) if subject else ""
    if not isinstance(explained, str):
        capsule = replace(capsule, explanation=explained.to_json())
    return Violated(
        "\n".join(lines),
        finding=finding,
        capsule=capsule.try_to_save(CAPSULES),
        explained=explained,
    )
