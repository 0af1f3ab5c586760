"""``heald init`` writes what runs, says what it left out, and never writes over a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from tests.describing import headers


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_files_the_operations_and_the_next_command_are_said(tmp_path: Path) -> None:
    (tmp_path / "lfq.h").write_text(headers.LFQ)
    (tmp_path / "lfq.c").write_text(headers.LFQ_C)
    done = CliRunner().invoke(main, ["init", "lfq.h"])
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "test_lfq.py and lfq_subject.c: queue; operations enqueue, dequeue",
        "next: pytest test_lfq.py",
    ]
    assert '"lfq.c"' in (tmp_path / "test_lfq.py").read_text()


def test_a_file_that_is_there_stays_unless_force_is_said(tmp_path: Path) -> None:
    (tmp_path / "ticket.h").write_text(headers.TICKET)
    mine = tmp_path / "ticket_subject.c"
    mine.write_text("mine")
    done = CliRunner().invoke(main, ["init", "ticket.h"])
    assert done.exit_code == 2
    assert "ticket_subject.c is there already" in done.output
    assert mine.read_text() == "mine"
    assert not (tmp_path / "test_ticket.py").exists()
    assert CliRunner().invoke(main, ["init", "ticket.h", "--force"]).exit_code == 0
    assert mine.read_text() != "mine"


def test_paths_in_the_description_begin_at_the_description(tmp_path: Path) -> None:
    include = tmp_path / "include"
    include.mkdir()
    (include / "spsc_ring.h").write_text(headers.RING)
    arguments = [
        "init",
        "include/spsc_ring.h",
        "-o",
        "tests/test_r.py",
        "--",
        "-Iinclude",
    ]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    text = (tmp_path / "tests" / "test_r.py").read_text()
    assert '"../include/spsc_ring.h"' in text
    assert "-I../include" in text
