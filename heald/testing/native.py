"""Properties of a subject on real threads, under Hypothesis.

``native_recordings`` connects a subject with the native runner; ``assert_holds`` is the
body of a property of a sound variant, ``find_failure`` searches and shrinks for a flawed
one. What Hypothesis sees are recorded verdicts (``heald.testing.recorded``), never luck.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heald.generating.drawing import draw_failing
from heald.native.trial import Trial, try_scenario
from heald.scenario import Scenario
from heald.state import STATE
from heald.subject.identity import identity_of
from heald.testing.recorded import Patience, Recordings, Verdict
from heald.testing.violated import violated, without_capsule
from heald.violation import Violated

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from heald.building.flavours import Flavour
    from heald.finding import Finding
    from heald.native import NativeSession
    from heald.subject.subject import Subject


#: Where failures are kept from one run to the next.
RECORDED = STATE / "recorded"


def native_recordings(
    session: NativeSession,
    subject: Subject,
    *,
    patience: Patience | None = None,
    seed: int = 0,
    folder: Path | None = RECORDED,
    flavour: Flavour | str = "native",
) -> Recordings:
    """Make the verdicts of one subject on real threads.

    Parameters
    ----------
    session
        Runs everything; its power check is made once per number of threads.
    folder
        Where failures are kept from one run to the next; ``None``: nowhere.

    Raises
    ------
    UsageError
        If the subject does not compile.
    """
    build = subject.build(flavour)

    def attempt(scenario: Scenario, seed: int, budget_s: float) -> Trial:
        return try_scenario(
            session,
            subject,
            scenario,
            seed=seed,
            budget_s=budget_s,
            until_failure=True,
            check_power="once",
            flavour=flavour,
        )

    return Recordings(
        subject.name,
        build.path.stem,
        attempt,
        seed=seed,
        patience=patience,
        folder=folder,
    )


def assert_holds(
    recordings: Recordings,
    scenario: Scenario,
    *,
    subject: Subject | None = None,
    place: str = "subjects",
) -> None:
    """Raise ``Violated``, with all that is known, if a scenario failed.

    Parameters
    ----------
    subject, place
        If given, a capsule is written; `place` is where a replay finds the subject.
    """
    verdict = recordings.verdict(scenario)
    if verdict.finding is None:
        return
    message = describe(recordings.name, verdict)
    if subject is None:
        raise without_capsule(message, verdict.finding)
    raise found_natively(verdict.finding, subject, message=message, place=place)


def found_natively(
    finding: Finding,
    subject: Subject,
    *,
    message: str | None = None,
    place: str = "subjects",
) -> Violated:
    """Write the capsule of a finding and return the exception to raise.

    Parameters
    ----------
    message
        What to say; by default the finding's own words.
    place
        Where a replay finds the subject: a folder, a file or a module.
    """
    return violated(
        finding,
        target=subject.name,
        place=place,
        expected=subject.expected,
        identity=identity_of(subject),
        subject=subject,
        message=message or f"{subject.name}: {finding.kind}: {finding.message}",
    )


def find_failure(
    recordings: Recordings,
    scenarios: SearchStrategy[Scenario],
    *,
    max_examples: int = 100,
) -> Verdict | None:
    """Search for a scenario that fails, and shrink it.

    Parameters
    ----------
    scenarios
        What is drawn, smaller ones being simpler.
    max_examples
        How many are tried before giving up.

    Returns
    -------
    Verdict
        Of the smallest failing scenario; ``None`` if none failed.
    """
    smallest = draw_failing(
        scenarios,
        lambda scenario: recordings.verdict(scenario).failed,
        most=max_examples,
        seed=None,
    )
    return None if smallest is None else recordings.verdict(smallest)


def describe(name: str, verdict: Verdict) -> str:
    """Show a failing verdict: what, with which calls, why not, and how often."""
    finding = verdict.finding
    assert finding is not None
    lines = [
        f"{name}: {finding.kind}",
        *(f"  {line}" for line in verdict.scenario.columns(finding.outcome).split("\n")),
        finding.message,
    ]
    if finding.detail.get("explanation"):
        lines.append(str(finding.detail["explanation"]))
    when = "recorded in an earlier run of the same code" if verdict.from_disk else "seen"
    lines.append(
        f"{when} after {verdict.samples:,} samples in {verdict.seconds:.2f} s, "
        f"seed {finding.seed}"
    )
    return "\n".join(lines)
