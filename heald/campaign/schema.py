"""The tables of a file of results, and how an older file gets those that came later."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from heald.verdicts import UsageError

VERSION = 1

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


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables that the file does not have, in the caller's transaction.

    Raises
    ------
    UsageError
        If its results are of a format that this version does not write.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    elif version != VERSION:
        raise UsageError(
            f"{path} has results of format {version}, this heald writes "
            f"{VERSION}: move the file away, or give another one with --db"
        )
    for statement in _ADDED.split(";\n"):
        connection.execute(statement)
    known = {row[1] for row in connection.execute("PRAGMA table_info(slice)")}
    for column, kind in _ADDED_COLUMNS.items():
        if column not in known:
            connection.execute(f"ALTER TABLE slice ADD COLUMN {column} {kind}")
    connection.execute(_ADDED_INDEX)
