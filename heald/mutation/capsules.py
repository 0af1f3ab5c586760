"""Caught mutants as capsules: what fails without an order can be shown, today and tomorrow.

A mutant is no file of the user's, so its capsule names the subject and the change; a replay
makes the mutant anew and runs the one execution that failed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heald.explorer.execution import scheduled_failure
from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.mutation.mutation import MutantResult, Mutation
from heald.orders.mutants import mutant_of
from heald.replaying.scenario import scheduled_capsule
from heald.targets.places import shown_place

_SHORTEN_S = 5.0
_MOST_EXECUTIONS = 20_000


def save_capsules(result: Mutation, folder: Path) -> list[Path]:
    """Write a capsule of each caught mutant and return the paths, in the table's order.

    The execution that is kept is the easiest to follow that fails in the same way.
    """
    caught = (mutant for mutant in result.mutants if mutant.state == "caught")
    return [_save(result, mutant, folder) for mutant in caught]


def _save(result: Mutation, caught: MutantResult, folder: Path) -> Path:
    assert caught.scenario is not None
    mutant = mutant_of(result.subject, str(caught.change))
    exactly = Options(model=result.model, search="replay", schedule=caught.schedule)
    shortest = Options(
        model=result.model,
        shortest=True,
        budget_s=_SHORTEN_S,
        max_executions=_MOST_EXECUTIONS,
    )
    for options in (shortest, exactly):
        found = explore_scenario(mutant, caught.scenario, **vars(options))
        same = [each for each in found.findings if each.kind == caught.kind]
        if same:
            break
    failed = scheduled_failure(mutant, same[0], options)
    told = replace(
        failed.finding, message=f"with {caught.change}: {failed.finding.message}"
    )
    capsule = scheduled_capsule(
        result.subject,
        replace(failed, finding=told),
        place=shown_place(result.subject.place),
    )
    settings = {**capsule.settings, "mutant": str(caught.change)}
    return replace(capsule, settings=settings).save(folder)
