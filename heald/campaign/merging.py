"""Campaigns of several databases put together into one, each slice once.

Shards of a campaign, or nights on different machines, are each a database of their own. A
merged campaign has the slices, findings and machines of all; where a slice does not say who
ran it, it was the campaign's own machine. Of two databases with the same campaign (one is a
copy of the other, made while it ran) the one with more slices counts, and the other does not.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from heald.campaign.database import Database
from heald.campaign.record import Record
from heald.campaign.results import CampaignRow
from heald.topology import this_machine
from heald.verdicts import UsageError
from heald.version import VERSION


def merge(sources: Sequence[Path], into: Database) -> CampaignRow:
    """Put the last campaign of each database together as a new one in `into`.

    Raises
    ------
    UsageError
        If one is no database, has no campaign, or is `into` itself.
    """
    chosen: dict[tuple[float, int], tuple[int, Path, CampaignRow]] = {}
    for path in sources:
        if path.exists() and into.path.exists() and path.samefile(into.path):
            raise UsageError(f"{path} cannot be merged into itself; give another --db")
        with Database(path, must_exist=True) as database:
            campaign = database.latest()
            if campaign is None:
                raise UsageError(f"no campaign in {path}")
            count = sum(1 for _ in database.slices(campaign.id))
        key = (campaign.started, campaign.seed)
        if key not in chosen or chosen[key][0] < count:
            chosen[key] = (count, path, campaign)
    parts = [(path, campaign) for _, path, campaign in chosen.values()]
    number = into.start(
        _plan_of([campaign for _, campaign in parts]),
        seed=parts[0][1].seed,
        topology=this_machine().to_json(),
        heald=VERSION,
    )
    used_s = sum(campaign.used_s for _, campaign in parts)
    numbers: Counter[int] = Counter()
    for path, campaign in parts:
        with Database(path) as database:
            _copy(database, campaign, into, number, used_s, numbers)
    into.set_state(number, "complete", used_s=used_s)
    merged = into.latest()
    assert merged is not None
    return merged


def _plan_of(campaigns: Sequence[CampaignRow]) -> Any:
    places = tuple(dict.fromkeys(p for each in campaigns for p in each.plan.places))
    budget_s = sum(each.plan.budget_s for each in campaigns)
    plan = campaigns[0].plan
    return replace(plan, places=places, budget_s=budget_s, shard=None)


def _copy(
    source: Database,
    campaign: CampaignRow,
    into: Database,
    number: int,
    used_s: float,
    numbers: Counter[int],
) -> None:
    targets: dict[str, int] = {}
    for record in source.records(campaign.id):
        targets[record.name] = into.add_target(number, record)
        if record.error is not None:
            into.set_error(targets[record.name], record.error)
        _copy_facts(record, source, into, targets[record.name])
    machines: dict[str, int] = {}
    for row in source.slices(campaign.id):
        facts = row["machine"] or _own_machine(source.path, campaign)
        key = repr(facts)
        if key not in machines:
            machines[key] = into.add_machine(number, facts["name"], facts)
        target = targets[row["target"]]
        into.add_slice(
            number,
            target,
            row["result"],
            seed=row["seed"],
            used_s=used_s,
            capsules={
                index: capsule_from(source.path, capsule)
                for index, capsule in row["capsules"].items()
            },
            number=numbers[target],
            machine=machines[key],
            at=row["at"],
        )
        numbers[target] += 1


def _copy_facts(record: Record, source: Database, into: Database, target: int) -> None:
    """Copy what is known of a target as a whole, not of a slice."""
    into.add_outcomes(target, record.outcomes)
    for kind, on in record.kinds.items():
        into.set_shown(target, kind, on.shown_here)
    for capsule, explanation in record.explained.items():
        into.add_explanation(target, capsule_from(source.path, capsule), explanation)


def _own_machine(path: Path, campaign: CampaignRow) -> Mapping[str, Any]:
    return {
        "name": path.stem,
        "topology": campaign.topology,
        "heald": campaign.heald,
        "compiler": "",
    }


def capsule_from(database: Path, capsule: str) -> str:
    """Return where a capsule of another database lies, seen from here.

    Their names start from the folder in which the campaign was run, and the database lies in
    that or, by default, in its ``.heald``.
    """
    for folder in (database.parent.parent, database.parent):
        path = folder / capsule
        if path.is_file():
            return os.path.relpath(path)
    return capsule
