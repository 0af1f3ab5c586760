from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from heald.cli import main

pytestmark = pytest.mark.slow


def test_doctor_is_content_where_the_tests_run() -> None:
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["machine"]["processors"] >= 1
    states = {check["name"]: check["state"] for check in data["checks"]}
    assert states["C compiler"] == "ok"
    for check in data["checks"]:
        assert check["state"] == "ok" or check["remedy"], check
