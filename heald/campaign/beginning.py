"""Make a campaign of a plan: a new one, or the rest of one that was interrupted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from heald.campaign.clock import Clock
from heald.campaign.database import Database
from heald.campaign.explanations import Explanations
from heald.campaign.hands import Hands, OwnHands
from heald.campaign.keeping import Keeping
from heald.campaign.plan import Plan
from heald.campaign.record import Record
from heald.campaign.results import CampaignRow
from heald.campaign.run import Campaign
from heald.campaign.turns import Turns
from heald.targets.target import Target
from heald.topology import this_machine
from heald.verdicts import UsageError
from heald.version import VERSION


def begin(
    plan: Plan,
    targets: Mapping[str, tuple[Target, str]],
    database: Database,
    *,
    capsules: Path,
    resumed: CampaignRow | None = None,
    hands: Hands | None = None,
) -> Campaign:
    """Make a campaign of a plan, a new one or the rest of `resumed`.

    Parameters
    ----------
    hands
        Who runs the slices; by default this process's own children.

    Raises
    ------
    UsageError
        If no target is left after the rules of the plan.
    """
    chosen = {n: t for n, t in targets.items() if not plan.rule_for(n).skip}
    if not chosen:
        raise UsageError(
            f"nothing to run: {len(targets)} targets in {', '.join(plan.places)}, "
            "all of them skipped by the plan"
        )
    known = {r.name: r for r in database.records(resumed.id)} if resumed else {}
    records = {
        name: _record_of(name, target, place, plan, known.get(name))
        for name, (target, place) in chosen.items()
    }
    campaign = _number_of(plan, database, resumed)
    numbers = {n: database.add_target(campaign.id, r) for n, r in records.items()}
    firsts = {name: database.next_number(number) for name, number in numbers.items()}
    clock = Clock(plan.budget_s, campaign.used_s)
    turns = Turns(plan, records, campaign.seed, firsts)
    hands = hands or OwnHands(plan.jobs)
    keeping = Keeping(
        campaign.id,
        database,
        capsules,
        chosen,
        turns,
        hands,
        clock,
        plan.patience_s,
        numbers,
        Explanations(plan.budget_s),
    )
    return Campaign(plan, campaign.seed, records, keeping)


def _number_of(
    plan: Plan, database: Database, resumed: CampaignRow | None
) -> CampaignRow:
    if resumed is not None:
        database.set_state(resumed.id, "running", used_s=resumed.used_s, plan=plan)
        return resumed
    seed = random.SystemRandom().randrange(2**32) if plan.seed is None else plan.seed
    database.start(plan, seed=seed, topology=this_machine().to_json(), heald=VERSION)
    started = database.latest()
    assert started is not None
    return started


def _record_of(
    name: str, target: Target, place: str, plan: Plan, known: Record | None
) -> Record:
    within = plan.rule_for(name).catch_within_s
    facts: dict[str, Any] = {
        "place": place,
        "expected": target.expected,
        "shown_here": getattr(target, "shown_here", "yes"),
        "catch_within_s": within or getattr(target, "catch_within_s", 60.0),
    }
    return replace(known, **facts, error=None) if known else Record(name, **facts)
