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
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heald.campaign.plan import Plan
from heald.campaign.record import Record
from heald.campaign.results import Results, number_of
from heald.campaign.schema import bring_up_to_date
from heald.targets.target import SliceResult
from heald.verdicts import UsageError

#: Outcomes kept per target in the file; the record in memory remembers more.
KEPT_OUTCOMES = 1000


class Database(Results):
    """The file of results, written slice by slice.

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
            bring_up_to_date(connection, self.path)

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
        return number_of(cursor.lastrowid)

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
        return number_of(number)

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
        return number_of(number)

    def set_shown(self, target: int, kind: str, shown_here: str) -> None:
        """Say whether a kind of machines shows the target's flaw."""
        with self._written() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO shown (target, kind, shown_here) VALUES (?, ?, ?)",
                (target, kind, shown_here),
            )

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


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
