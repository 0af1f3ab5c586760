"""How commands reach a cluster, and what they say of what is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from tests.cluster.test_verbs import MESSAGE


@pytest.mark.parametrize("verb", ["verify", "mutate", "check"])
def test_the_commands_take_a_cluster_and_refuse_what_is_none(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("message.c").write_text(MESSAGE)
    monkeypatch.setattr("heald.verifying.program._MOST_REAL_S", 0.5)
    done = CliRunner().invoke(main, [verb, "message.c", "--cluster", "local:1"])
    doubted = (4,) if verb == "verify" else ()  # on a busy machine, by real threads
    assert done.exit_code in (0, *doubted), done.output
    done = CliRunner().invoke(main, [verb, "message.c", "--cluster", "moon:1"])
    assert done.exit_code == 2
    assert "--cluster takes local:N, ssh:HOST,HOST or tls://HOST:PORT" in done.output
