"""A folder for each test, and real threads for half a second, whatever the budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.stop import Stop
from heald.targets.of_subject import SubjectTarget
from heald.targets.target import SliceResult


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heald.verifying.program._MOST_REAL_S", 0.5)
    monkeypatch.setattr("heald.verifying.subject.SubjectTarget", Short)


class Short(SubjectTarget):
    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        return super().run_slice(seconds=min(seconds, 0.5), seed=seed, stop=stop)
