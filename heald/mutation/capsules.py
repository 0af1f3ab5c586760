"""Orders that are needed, as capsules: what fails without one can be shown, today and tomorrow.

A capsule has the weaker order by its place, as ``--order`` takes it: a replay explores the
subject as it is, with that order there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heald.explorer.execution import completed
from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.mutation.mutation import Mutation
from heald.orders.place_mutants import PlaceMutant
from heald.replaying.scenario import scheduled_capsule
from heald.targets.places import shown_place
from heald.verdicts import EngineError

_SHORTEN_S = 5.0
_MOST_EXECUTIONS = 20_000


def save_capsules(result: Mutation, folder: Path) -> list[Path]:
    """Write a capsule of each needed order and return the paths, in the table's order.

    The execution that is kept is the easiest to follow that fails in the same way.
    """
    needed = (mutant for mutant in result.mutants if mutant.state == "needed")
    return [_save(result, mutant, folder) for mutant in needed]


def _save(result: Mutation, needed: PlaceMutant, folder: Path) -> Path:
    options, finding = _shown(result, needed)
    failed = completed(result.subject, finding, options)
    capsule = scheduled_capsule(
        result.subject,
        replace(failed, message=f"with {needed.override}: {failed.message}"),
        place=shown_place(result.subject.place),
    )
    return capsule.save(folder)


def _shown(result: Mutation, needed: PlaceMutant) -> tuple[Options, Finding]:
    """Return an execution that is easy to follow, else the one that was found."""
    assert needed.scenario is not None
    assert needed.failure is not None
    weakened = Options(model=result.model, orders=(needed.override,))
    shortest = replace(
        weakened, shortest=True, budget_s=_SHORTEN_S, max_executions=_MOST_EXECUTIONS
    )
    exactly = weakened.one_run(str(needed.failure["schedule"]))
    for options in (shortest, exactly):
        found = explore_scenario(result.subject, needed.scenario, **vars(options))
        for finding in found.findings:
            if finding.kind == needed.failure["kind"]:
                return weakened, finding
    raise EngineError(f"{needed.override} did not fail again in {needed.scenario}")
