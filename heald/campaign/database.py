"""Results as they happen, in SQLite.

Every slice is one transaction, committed before anybody hears of it: whatever was announced
is in the file, after Ctrl-C, ``kill -9`` and loss of power alike (write-ahead log, full
synchronisation: some milliseconds a slice). One process writes, any number may read.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from heald.campaign.plan import Plan, Rule
from heald.campaign.record import Record
from heald.finding import Finding
from heald.targets.target import SliceResult
from heald.verdicts import UsageError

VERSION = 1

#: Outcomes kept per target in the file; the record in memory remembers more.
KEPT_OUTCOMES = 1000

_SCHEMA = """
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY, started REAL NOT NULL, ended REAL, state TEXT NOT NULL,
    used_s REAL NOT NULL DEFAULT 0, seed INTEGER NOT NULL, plan TEXT NOT NULL,
    topology TEXT NOT NULL, heald TEXT NOT NULL
);
CREATE TABLE target (
    id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL REFERENCES campaign,
    name TEXT NOT NULL, place TEXT NOT NULL, expected TEXT, shown_here TEXT NOT NULL,
    catch_within_s REAL NOT NULL, error TEXT, UNIQUE (campaign, name)
);
CREATE TABLE slice (
    id INTEGER PRIMARY KEY, target INTEGER NOT NULL REFERENCES target, at REAL NOT NULL,
    seed INTEGER NOT NULL, samples INTEGER NOT NULL, seconds REAL NOT NULL,
    trustworthy INTEGER NOT NULL, notes TEXT NOT NULL
);
CREATE TABLE outcome (
    target INTEGER NOT NULL REFERENCES target, outcome TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (target, outcome)
) WITHOUT ROWID;
CREATE TABLE finding (
    id INTEGER PRIMARY KEY, slice INTEGER NOT NULL REFERENCES slice, kind TEXT NOT NULL,
    message TEXT NOT NULL, count INTEGER NOT NULL, capsule TEXT, content TEXT NOT NULL
);
"""

_ADDED = """
CREATE TABLE IF NOT EXISTS explanation (
    target INTEGER NOT NULL REFERENCES target, capsule TEXT NOT NULL,
    content TEXT NOT NULL, PRIMARY KEY (target, capsule)
);
CREATE TABLE IF NOT EXISTS shown (
    target INTEGER NOT NULL REFERENCES target, kind TEXT NOT NULL,
    shown_here TEXT NOT NULL, PRIMARY KEY (target, kind)
);
CREATE TABLE IF NOT EXISTS machine (
    id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL REFERENCES campaign,
    name TEXT NOT NULL, topology TEXT NOT NULL, heald TEXT NOT NULL,
    compiler TEXT NOT NULL, UNIQUE (campaign, name, topology, heald, compiler)
);
"""
_ADDED_COLUMNS = {"number": "INTEGER", "machine": "INTEGER REFERENCES machine"}
_ADDED_INDEX = "CREATE UNIQUE INDEX IF NOT EXISTS slice_number ON slice (target, number)"
"""Since the first version; whoever does not know it can do without.

A slice has a number among those of its target, and the database holds one of each: an answer
that comes twice counts once.
"""


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


class Database:
    """The file of results.

    A context manager: leaving it closes the file.

    Raises
    ------
    UsageError
        If the file is no database of ours, or cannot be opened; also later, where it can
        no longer be written, or is gone: what was committed would be lost with it.
    """

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        self.path = path
        self._is_together = False
        if must_exist and not path.exists():
            raise UsageError(
                f"no results in {path}: run `heald stress` first, or give --db"
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise UsageError(f"cannot use {path} as a database: {error}") from error
        try:
            self._prepare()
            self._file = _file_at(path)
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise UsageError(f"cannot use {path} as a database: {error}") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        connection = self._connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        with self._transaction():
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            elif version != VERSION:
                raise UsageError(
                    f"{self.path} has results of format {version}, this heald writes "
                    f"{VERSION}: move the file away, or give another one with --db"
                )
            for statement in _ADDED.split(";\n"):
                connection.execute(statement)
            known = {row[1] for row in connection.execute("PRAGMA table_info(slice)")}
            for column, kind in _ADDED_COLUMNS.items():
                if column not in known:
                    connection.execute(f"ALTER TABLE slice ADD COLUMN {column} {kind}")
            connection.execute(_ADDED_INDEX)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            if self._connection.in_transaction:  # a full disk has ended it already
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that is written meanwhile."""
        with self._written():
            self._is_together = True
            try:
                yield
            finally:
                self._is_together = False

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        """One transaction; an error of the file is the user's to mend."""
        if self._is_together:
            yield self._connection
            return
        if _file_at(self.path) != self._file:
            raise UsageError(f"{self.path} was deleted or replaced while it was in use")
        try:
            with self._transaction() as connection:
                yield connection
        except sqlite3.Error as error:
            raise UsageError(f"cannot write {self.path}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def start(
        self, plan: Plan, *, seed: int, topology: Mapping[str, Any], heald: str
    ) -> int:
        """Begin a campaign and return its number."""
        with self._written() as connection:
            cursor = connection.execute(
                "INSERT INTO campaign (started, state, seed, plan, topology, heald)"
                " VALUES (?, 'running', ?, ?, ?, ?)",
                (
                    time.time(),
                    seed,
                    json.dumps(asdict(plan)),
                    json.dumps(topology),
                    heald,
                ),
            )
        return _number(cursor.lastrowid)

    def set_state(
        self, campaign: int, state: str, *, used_s: float, plan: Plan | None = None
    ) -> None:
        """Say how far the campaign is; ``"running"`` again when it is taken up."""
        ended = None if state == "running" else time.time()
        with self._written() as connection:
            connection.execute(
                "UPDATE campaign SET state = ?, ended = ?, used_s = ? WHERE id = ?",
                (state, ended, used_s, campaign),
            )
            if plan is not None:
                connection.execute(
                    "UPDATE campaign SET plan = ? WHERE id = ?",
                    (json.dumps(asdict(plan)), campaign),
                )

    def add_target(self, campaign: int, record: Record) -> int:
        """Make the target known, if it is not yet, and return its number."""
        with self._written() as connection:
            connection.execute(
                "INSERT INTO target (campaign, name, place, expected, shown_here,"
                " catch_within_s) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (campaign, name) DO UPDATE SET place = excluded.place,"
                " expected = excluded.expected, shown_here = excluded.shown_here,"
                " catch_within_s = excluded.catch_within_s, error = NULL",
                (
                    campaign,
                    record.name,
                    record.place,
                    record.expected,
                    record.shown_here,
                    record.catch_within_s,
                ),
            )
            (number,) = connection.execute(
                "SELECT id FROM target WHERE campaign = ? AND name = ?",
                (campaign, record.name),
            ).fetchone()
        return _number(number)

    def add_slice(
        self,
        campaign: int,
        target: int,
        result: SliceResult,
        *,
        seed: int,
        used_s: float,
        capsules: Mapping[int, str],
        number: int | None = None,
        machine: int | None = None,
        at: float | None = None,
    ) -> bool:
        """Commit one slice with its findings; whether it was not there yet.

        Parameters
        ----------
        capsules
            Index into ``result.findings`` to the path of its capsule.
        number
            Of the target's slices, which the database has each once.
        machine
            What ``add_machine`` returned; ``None``: the campaign's own.
        at
            When it was; by default now.
        """
        with self._written() as connection:
            cursor = connection.execute(
                "INSERT OR IGNORE INTO slice"
                " (target, at, seed, samples, seconds, trustworthy, notes, number, machine)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    target,
                    time.time() if at is None else at,
                    seed,
                    result.samples,
                    result.seconds,
                    result.trustworthy,
                    json.dumps(list(result.notes)),
                    number,
                    machine,
                ),
            )
            if cursor.rowcount == 0:
                return False
            _add_outcomes(connection, target, result.outcomes)
            connection.executemany(
                "INSERT INTO finding (slice, kind, message, count, capsule, content)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        cursor.lastrowid,
                        finding.kind,
                        finding.message,
                        finding.count,
                        capsules.get(index),
                        json.dumps(finding.to_json()),
                    )
                    for index, finding in enumerate(result.findings)
                ],
            )
            connection.execute(
                "UPDATE campaign SET used_s = ? WHERE id = ?", (used_s, campaign)
            )
        return True

    def add_outcomes(self, target: int, outcomes: Mapping[str, int]) -> None:
        """Add to the outcomes of a target."""
        with self._written() as connection:
            _add_outcomes(connection, target, outcomes)

    def add_machine(self, campaign: int, name: str, facts: Mapping[str, Any]) -> int:
        """Make a machine known, if it is not yet, and return its number.

        Parameters
        ----------
        facts
            Its ``topology``, and what ``heald`` and ``compiler`` it has.
        """
        row = (
            campaign,
            name,
            json.dumps(facts["topology"], sort_keys=True),
            facts["heald"],
            facts["compiler"],
        )
        with self._written() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO machine (campaign, name, topology, heald, compiler)"
                " VALUES (?, ?, ?, ?, ?)",
                row,
            )
            (number,) = connection.execute(
                "SELECT id FROM machine WHERE campaign = ? AND name = ? AND topology = ?"
                " AND heald = ? AND compiler = ?",
                row,
            ).fetchone()
        return _number(number)

    def set_shown(self, target: int, kind: str, shown_here: str) -> None:
        """Say whether a kind of machines shows the target's flaw."""
        with self._written() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO shown (target, kind, shown_here) VALUES (?, ?, ?)",
                (target, kind, shown_here),
            )

    def next_number(self, target: int) -> int:
        """Return the first number that no slice of the target has."""
        (count, most) = self._connection.execute(
            "SELECT count(*), coalesce(max(number), -1) FROM slice WHERE target = ?",
            (target,),
        ).fetchone()
        return max(_number(count), _number(most) + 1)

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

    def add_explanation(
        self, target: int, capsule: str, explanation: Mapping[str, Any]
    ) -> None:
        """Commit what the explorer found of a capsule."""
        with self._written() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO explanation (target, capsule, content)"
                " VALUES (?, ?, ?)",
                (target, capsule, json.dumps(explanation)),
            )

    def set_error(self, target: int, error: tuple[str, str]) -> None:
        """Say why the target cannot be run."""
        with self._written() as connection:
            connection.execute(
                "UPDATE target SET error = ? WHERE id = ?", (json.dumps(error), target)
            )

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


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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


def _add_outcomes(
    connection: sqlite3.Connection, target: int, outcomes: Mapping[str, int]
) -> None:
    (kept,) = connection.execute(
        "SELECT count(*) FROM outcome WHERE target = ?", (target,)
    ).fetchone()
    for outcome, count in outcomes.items():
        cursor = connection.execute(
            "UPDATE outcome SET count = count + ? WHERE target = ? AND outcome = ?",
            (count, target, outcome),
        )
        if cursor.rowcount == 0 and kept < KEPT_OUTCOMES:
            connection.execute(
                "INSERT INTO outcome (target, outcome, count) VALUES (?, ?, ?)",
                (target, outcome, count),
            )
            kept += 1


def _plan(data: dict[str, Any]) -> Plan:
    rules = tuple(Rule(**rule) for rule in data.pop("rules"))
    if data.get("shard") is not None:
        data["shard"] = tuple(data["shard"])
    return Plan(**{**data, "places": tuple(data["places"]), "rules": rules})


def _number(value: Any) -> int:
    assert isinstance(value, int)
    return value
