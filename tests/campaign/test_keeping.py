"""One target never ends a campaign; a disk that says no ends it with the finding shown."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from heald import UsageError, Verdict
from heald.campaign.judgement import judge
from heald.campaign.record import Record
from heald.campaign.run import Campaign
from heald.finding import Finding
from heald.stop import Stop
from heald.targets.target import NOTHING_COMPARED, SliceResult
from tests.campaign import fakes
from tests.campaign.fakes import Fake, campaign_of


class Heard:
    """A watcher that remembers, and may do something each time."""

    def __init__(self, ends_when: object = None) -> None:
        self.found_kinds: list[str] = []
        self.capsules: list[str] = []

    def begun(self, campaign: Campaign) -> None:
        pass

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        self.found_kinds.append(finding.kind)
        self.capsules.append(capsule)

    def explained(self, record: Record, capsule: str) -> None:
        pass

    def went_on(self, campaign: Campaign) -> None:
        pass


def too_much(seconds: float, seed: int, stop: Stop) -> SliceResult:
    return SliceResult(2**70, seconds)


def too_many_failures(seconds: float, seed: int, stop: Stop) -> SliceResult:
    return SliceResult(1, seconds, findings=(Finding("crash", "it", count=2**64),))


def realtime(seconds: float, seed: int, stop: Stop) -> SliceResult:
    os.kill(os.getpid(), signal.SIGRTMIN + 1)
    return SliceResult(1, seconds)


@pytest.mark.slow
@pytest.mark.parametrize("behave", [too_much, too_many_failures, realtime])
def test_result_that_makes_no_sense_is_a_finding_and_the_others_run(
    tmp_path: Path, behave: fakes.Work
) -> None:
    campaign = campaign_of(
        tmp_path,
        Fake("bad/one", behave, "sound"),
        Fake("good/one", fakes.good, "sound"),
        budget_s=1.0,
    )
    campaign.run(Heard())
    assert judge(campaign.records["bad/one"]).verdict is Verdict.FAILED
    assert judge(campaign.records["good/one"]).verdict is Verdict.PASSED
    latest = campaign.database.latest()
    assert latest is not None
    assert latest.state == "complete"


@pytest.mark.slow
def test_error_of_keeping_one_target_is_that_targets_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = campaign_of(
        tmp_path,
        Fake("bad/one", fakes.good, "sound"),
        Fake("good/one", fakes.good, "sound"),
        budget_s=1.0,
    )
    add = campaign.records["bad/one"].add

    def fails(result: SliceResult) -> int:
        add(result)
        raise ZeroDivisionError

    monkeypatch.setattr(campaign.records["bad/one"], "add", fails)
    campaign.run(Heard())
    assert judge(campaign.records["bad/one"]).verdict is Verdict.ENGINE_ERROR
    assert judge(campaign.records["good/one"]).verdict is Verdict.PASSED


@pytest.mark.slow
def test_capsule_that_cannot_be_written_is_shown_first_and_named(tmp_path: Path) -> None:
    campaign = campaign_of(tmp_path, Fake("bad/one", fakes.failing), budget_s=20.0)
    (tmp_path / "file").write_text("")
    campaign.keeping.capsules = tmp_path / "file" / "capsules"
    heard = Heard()
    with pytest.raises(UsageError, match=r"^cannot write .*/file/capsules/bad-one-.*"):
        campaign.run(heard)
    assert heard.found_kinds == ["lost update"]
    latest = campaign.database.latest()
    assert latest is not None
    assert latest.state == "interrupted"


@pytest.mark.slow
def test_database_that_was_deleted_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "results.db"

    def delete(seconds: float, seed: int, stop: Stop) -> SliceResult:
        path.unlink(missing_ok=True)
        return fakes.failing(seconds, seed, stop)

    campaign = campaign_of(tmp_path, Fake("bad/one", delete), budget_s=20.0)
    heard = Heard()
    with pytest.raises(UsageError, match=r"results\.db was deleted or replaced"):
        campaign.run(heard)
    assert heard.found_kinds == ["lost update"]


@pytest.mark.slow
def test_campaign_that_broke_is_resumed(tmp_path: Path) -> None:
    broken = campaign_of(tmp_path, Fake("bad/one", fakes.failing), budget_s=2.0)
    (tmp_path / "file").write_text("")
    broken.keeping.capsules = tmp_path / "file" / "capsules"
    with pytest.raises(UsageError):
        broken.run(Heard())
    broken.database.close()
    again = campaign_of(
        tmp_path, Fake("bad/one", fakes.failing), budget_s=2.0, resume=True
    )
    assert again.id == broken.id
    again.run(Heard())
    assert again.records["bad/one"].findings


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_every_request_to_end_keeps_the_results_so_far(
    tmp_path: Path, number: signal.Signals
) -> None:
    campaign = campaign_of(tmp_path, Fake("a/b", fakes.good), budget_s=60.0)
    threading.Timer(0.5, signal.raise_signal, (number,)).start()
    campaign.run(Heard())
    latest = campaign.database.latest()
    assert latest is not None
    assert latest.state == "interrupted"
    assert campaign.records["a/b"].slices > 0


@pytest.mark.slow
def test_time_in_which_the_campaign_was_stopped_does_not_count(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.campaign.fakes", str(tmp_path), "3"]
    root = Path(__file__).resolve().parents[2]
    log = tmp_path / "log"
    with open(log, "w") as file:
        child = subprocess.Popen(program, cwd=root, stderr=file)
    done = threading.Event()
    while not log.read_text() and not done.wait(0.05):
        assert child.poll() is None
    child.send_signal(signal.SIGSTOP)
    done.wait(4.0)
    child.send_signal(signal.SIGCONT)
    assert child.wait(timeout=900) == 0
    with contextlib.closing(fakes.Database(tmp_path / "results.db")) as database:
        latest = database.latest()
        assert latest is not None
        assert latest.state == "complete"
        assert 2.5 <= latest.used_s <= 6.5
        records = database.records(latest.id)
    assert all("hang" not in record.findings for record in records)


def test_pass_of_what_compares_nothing_says_so() -> None:
    record = Record("a/b", "here")
    record.add(SliceResult(100, 1.0, notes=(NOTHING_COMPARED,)))
    judged = judge(record)
    assert judged.verdict is Verdict.PASSED
    assert judged.worth.startswith("no outcome was compared; misses below ")


def _heald(*arguments: str, folder: Path, **environment: str) -> tuple[int, str]:
    finished = subprocess.run(
        [sys.executable, "-m", "heald", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return finished.returncode, finished.stdout + finished.stderr


PROGRAM = "#include <assert.h>\nint main(void) { assert(0); }\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["check", "prog.c"], {"HEALD_CACHE": "/proc/none"}, "/proc/none"),
        (["check", "none.c"], {}, "none.c"),
        (["check", "n" * 300 + ".c"], {}, "n" * 300),
        (["replay", "none.json"], {}, "none.json"),
        (["replay", "."], {}, "."),
        (["report", "--db", "/proc/none.db"], {}, "/proc/none.db"),
        (["report", "--db", "prog.c"], {}, "prog.c"),
        (["stress", "none.py"], {}, "none.py"),
        (["stress", "--db", "prog.c/db"], {}, "prog.c/db"),
        (["stress", "--plan", "none.toml"], {}, "none.toml"),
    ],
)
def test_file_that_cannot_be_used_is_named_without_a_traceback(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], named: str
) -> None:
    (tmp_path / "prog.c").write_text(PROGRAM)
    code, text = _heald(*arguments, folder=tmp_path, **environment)
    assert code == 2, text
    assert "Traceback" not in text
    assert named in text


@pytest.mark.slow
def test_failure_of_a_check_is_shown_though_its_capsule_cannot_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "prog.c").write_text(PROGRAM)
    (tmp_path / ".heald").write_text("a file where a folder should be")
    code, text = _heald("check", "prog.c", folder=tmp_path)
    assert "Traceback" not in text
    assert "assertion" in text
    assert "cannot write .heald/capsules/" in text
    assert code == 2


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--html", "--sarif", "--junit", "--dot"])
def test_failure_is_shown_though_the_disk_is_full(tmp_path: Path, option: str) -> None:
    (tmp_path / "prog.c").write_text(PROGRAM)
    code, text = _heald("check", "prog.c", option, "/dev/full", folder=tmp_path)
    assert "Traceback" not in text
    assert "assertion" in text
    assert "cannot write /dev/full: No space left on device" in text
    assert code == 2


@pytest.mark.slow
def test_cache_that_cannot_be_kept_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "prog.c").write_text(PROGRAM)
    (tmp_path / "file").write_text("")
    cache = str(tmp_path / "file" / "cache")
    code, text = _heald("check", "prog.c", folder=tmp_path, HEALD_CACHE=cache)
    assert "Traceback" not in text
    assert f"cannot keep what was compiled: {cache}" in text
    assert "HEALD_CACHE names another folder" in text
    assert code == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [["check", "prog.c"], ["stress", "x.py"], ["replay", "x.json"], ["report"], ["list"]],
)
def test_directory_that_is_gone_gives_a_message(
    tmp_path: Path, arguments: list[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    quoted = " ".join(arguments)
    finished = subprocess.run(
        ["sh", "-c", f"rmdir {gone}; exec {sys.executable} -m heald {quoted}"],
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert finished.returncode == 2, finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.stderr.startswith("heald: ")
