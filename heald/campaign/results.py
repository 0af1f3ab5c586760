"""What a file of results says: campaigns, and what each target has shown in them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from heald.campaign.plan import Plan, Rule
from heald.campaign.record import Record
from heald.finding import Finding
from heald.targets.target import SliceResult


@dataclass(frozen=True)
class CampaignRow:
    """One campaign as the file knows it.

    Attributes
    ----------
    state
        ``"running"`` (or killed while it did), ``"interrupted"``, ``"complete"``.
    used_s
        Seconds of its budget that are used up.
    """

    id: int
    started: float
    ended: float | None
    state: str
    used_s: float
    seed: int
    plan: Plan
    topology: Mapping[str, Any]
    heald: str


class Results:
    """Everything that can be read from a file of results."""

    _connection: sqlite3.Connection

    def latest(self) -> CampaignRow | None:
        """Return the campaign that was started last."""
        return next(iter(self.campaigns()), None)

    def campaigns(self) -> list[CampaignRow]:
        """Return all campaigns, the one that was started last first."""
        rows = self._connection.execute(
            "SELECT id, started, ended, state, used_s, seed, plan, topology, heald"
            " FROM campaign ORDER BY id DESC"
        )
        return [_campaign(*row) for row in rows]

    def records(self, campaign: int) -> list[Record]:
        """Return what each target of the campaign has shown, in the order of the plan."""
        targets = self._connection.execute(
            "SELECT id, name, place, expected, shown_here, catch_within_s, error"
            " FROM target WHERE campaign = ? ORDER BY id",
            (campaign,),
        ).fetchall()
        return [self._record(*target) for target in targets]

    def findings(self, campaign: int) -> list[dict[str, Any]]:
        """Return the findings of the campaign, oldest first, as plain dictionaries."""
        rows = self._connection.execute(
            "SELECT target.name, finding.capsule, finding.content, slice.at FROM finding"
            " JOIN slice ON slice.id = finding.slice JOIN target ON target.id = slice.target"
            " WHERE target.campaign = ? ORDER BY finding.id",
            (campaign,),
        )
        return [
            {"target": name, "capsule": capsule, "at": at, **json.loads(content)}
            for name, capsule, content, at in rows
        ]

    def slices(self, campaign: int) -> Iterator[dict[str, Any]]:
        """Yield the slices of a campaign, oldest first, each with its machine and findings.

        The result has no outcomes: those are kept for a target as a whole.
        """
        machines = {
            number: {
                "name": name,
                "topology": json.loads(topology),
                "heald": version,
                "compiler": compiler,
            }
            for number, name, topology, version, compiler in self._connection.execute(
                "SELECT id, name, topology, heald, compiler FROM machine"
            )
        }
        for (
            number,
            name,
            at,
            seed,
            samples,
            seconds,
            trusted,
            notes,
            machine,
        ) in self._connection.execute(
            "SELECT slice.id, target.name, at, seed, samples, seconds, trustworthy,"
            " notes, machine FROM slice JOIN target ON target.id = slice.target"
            " WHERE target.campaign = ? ORDER BY slice.id",
            (campaign,),
        ):
            found = self._connection.execute(
                "SELECT content, capsule FROM finding WHERE slice = ? ORDER BY id",
                (number,),
            ).fetchall()
            findings = [Finding.from_json(json.loads(content)) for content, _ in found]
            yield {
                "target": name,
                "at": at,
                "seed": seed,
                "machine": machines.get(machine),
                "result": SliceResult(
                    samples,
                    seconds,
                    findings=findings,
                    notes=json.loads(notes),
                    trustworthy=bool(trusted),
                ),
                "capsules": {n: c for n, (_, c) in enumerate(found) if c is not None},
            }

    def _record(self, number: int, *facts: Any) -> Record:
        name, place, expected, shown_here, catch_within_s, error = facts
        record = Record(name, place, expected, shown_here, catch_within_s)
        if error:
            how, text = json.loads(error)
            record.error = (how, text)
        ask = self._connection.execute
        for kind, shown_here in ask(
            "SELECT kind, shown_here FROM shown WHERE target = ?", (number,)
        ):
            record.on(kind).shown_here = shown_here
        found = self._findings_of(number)
        for slice_id, samples, seconds, trustworthy, notes, kind in ask(
            "SELECT slice.id, samples, seconds, trustworthy, notes,"
            " json_extract(coalesce(machine.topology, campaign.topology), '$.machine')"
            " FROM slice JOIN target ON target.id = slice.target"
            " JOIN campaign ON campaign.id = target.campaign"
            " LEFT JOIN machine ON machine.id = slice.machine"
            " WHERE slice.target = ? ORDER BY slice.id",
            (number,),
        ):
            result = SliceResult(
                samples,
                seconds,
                findings=[Finding(k, "", count=n) for k, n in found.get(slice_id, ())],
                notes=json.loads(notes),
                trustworthy=bool(trustworthy),
            )
            record.add(result, kind)
        for outcome, count in ask(
            "SELECT outcome, count FROM outcome WHERE target = ?", (number,)
        ):
            record.outcomes[outcome] = count
        for (capsule,) in ask(
            "SELECT capsule FROM finding JOIN slice"
            " ON slice.id = finding.slice WHERE target = ? ORDER BY finding.id",
            (number,),
        ):
            if capsule and capsule not in record.capsules:
                record.capsules.append(capsule)
        for capsule, content in ask(
            "SELECT capsule, content FROM explanation WHERE target = ?", (number,)
        ):
            record.explained[capsule] = json.loads(content)
        return record

    def _findings_of(self, target: int) -> dict[int, list[tuple[str, int]]]:
        """Return kind and count of the findings of each slice."""
        found: dict[int, list[tuple[str, int]]] = {}
        for number, kind, count in self._connection.execute(
            "SELECT slice.id, finding.kind, finding.count FROM finding JOIN slice"
            " ON slice.id = finding.slice WHERE target = ? ORDER BY finding.id",
            (target,),
        ):
            found.setdefault(number, []).append((kind, count))
        return found

    def next_number(self, target: int) -> int:
        """Return the first number that no slice of the target has."""
        (count, most) = self._connection.execute(
            "SELECT count(*), coalesce(max(number), -1) FROM slice WHERE target = ?",
            (target,),
        ).fetchone()
        return max(number_of(count), number_of(most) + 1)

    def machines(self, campaign: int) -> list[dict[str, Any]]:
        """Return the machines that had a part in a campaign, with what they ran."""
        rows = self._connection.execute(
            "SELECT machine.name, machine.topology, machine.heald, machine.compiler,"
            " count(slice.id), coalesce(sum(slice.samples), 0),"
            " coalesce(sum(slice.seconds), 0)"
            " FROM machine LEFT JOIN slice ON slice.machine = machine.id"
            " WHERE machine.campaign = ? GROUP BY machine.id ORDER BY machine.id",
            (campaign,),
        )
        return [
            {
                "name": name,
                "topology": json.loads(topology),
                "heald": version,
                "compiler": compiler,
                "slices": slices,
                "samples": samples,
                "seconds": seconds,
            }
            for name, topology, version, compiler, slices, samples, seconds in rows
        ]


def _campaign(
    number: int,
    started: float,
    ended: float | None,
    state: str,
    used_s: float,
    seed: int,
    plan: str,
    topology: str,
    heald: str,
) -> CampaignRow:
    return CampaignRow(
        id=number,
        started=started,
        ended=ended,
        state=state,
        used_s=used_s,
        seed=seed,
        plan=_plan(json.loads(plan)),
        topology=json.loads(topology),
        heald=heald,
    )


def _plan(data: dict[str, Any]) -> Plan:
    rules = tuple(Rule(**rule) for rule in data.pop("rules"))
    if data.get("shard") is not None:
        data["shard"] = tuple(data["shard"])
    return Plan(**{**data, "places": tuple(data["places"]), "rules": rules})


def number_of(value: Any) -> int:
    """Return a number of the file as one."""
    assert isinstance(value, int)
    return value
