"""A project that is sent to an agent."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from tests.cluster.talk import Talk, project


def test_a_project_that_was_sent_is_laid_out_and_loaded(tmp_path: Path) -> None:
    project(tmp_path / "here" / "inner", "good")
    text = (tmp_path / "here" / "inner" / "fakes.py").read_bytes()
    digest = hashlib.sha256(text).hexdigest()
    with Talk(HEALD_CACHE=str(tmp_path / "cache")) as agent:
        assert agent.ask("has", digests=[digest])["missing"] == [digest]
        data = base64.b64encode(text).decode()
        assert agent.ask("keep", digest=digest, data=data)["answer"] == "kept"
        assert agent.ask("has", digests=[digest])["missing"] == []
        files = {"inner/fakes.py": digest}
        prepared = agent.ask("prepare", folder="inner", files=files, places=["fakes.py"])
        assert list(prepared["targets"]) == ["fake/good"]
        other = agent.ask("prepare", folder=".", files=files, places=["inner/fakes.py"])
    assert other["answer"] == "refused"
    assert "another project loaded" in other["message"]
