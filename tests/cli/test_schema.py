"""``heald schema``: one by its name, or all into a folder."""

from __future__ import annotations

import json
from pathlib import Path

from heald.cli.schemas import SCHEMAS
from tests.cli.test_schemas import PUBLISHED, run


def test_the_schemas_in_the_docs_are_those_of_the_commands(tmp_path: Path) -> None:
    assert run("schema", "--all", str(tmp_path)).exit_code == 0
    made = {file.name: file.read_text() for file in tmp_path.iterdir()}
    published = {file.name: file.read_text() for file in PUBLISHED.iterdir()}
    assert published == made, "heald schema --all docs/schemas writes them"


def test_a_schema_is_printed_by_name_and_others_are_refused() -> None:
    assert json.loads(run("schema", "check").stdout)["title"] == "heald check --json"
    assert run("schema").stdout.split() == [*SCHEMAS]
    assert run("schema", "none").exit_code == 2
