"""``heald replay`` of what ``heald check`` has found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.command import heald, program
from tests.cli.test_check import MP, capsule_of


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_replay_fails_again_from_the_capsule() -> None:
    result = heald("replay", capsule_of(MP))
    assert result.exit_code == 1
    assert "failed again" in result.stdout


def test_replay_of_a_mended_program_passes() -> None:
    capsule = capsule_of(MP)
    program(MP.replace("&f, 1, memory_order_relaxed", "&f, 1, memory_order_release"))
    result = heald("replay", capsule)
    assert result.exit_code == 0
    assert "prog.c is not as it was when this was found: changed" in result.stderr


def test_replay_needs_no_sources_but_the_capsule() -> None:
    capsule = capsule_of(MP)
    Path("prog.c").unlink()
    result = heald("replay", capsule)
    assert result.exit_code == 1
    assert "prog.c:" in result.stdout
    assert "heald-replay-" not in result.stdout
