from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from heald import UsageError, Verdict
from heald.faults.availability import user_notification
from heald.faults.foreign import run_shortened
from heald.faults.programs import check_program

pytestmark = pytest.mark.skipif(
    user_notification() is not None, reason=str(user_notification())
)

ONE_CALL = """
import os, sys
a, b = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
os.sendfile(b, a, 0, os.fstat(a).st_size)
"""
LOOP = """
import os, sys
a, b = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
at = 0
while (n := os.sendfile(b, a, at, 1 << 20)) > 0:
    at += n
"""
ONE_WRITE = """
import os, sys
a, b = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
while data := os.read(a, 1 << 16):
    os.write(b, data)
"""
EACH_WRITE = ONE_WRITE.replace(
    "os.write(b, data)", "\n    while data: data = data[os.write(b, data):]"
)
NO_MATTER = (
    EACH_WRITE.replace("while data :=", "try:\n  while data :=").replace(
        "\n    while data: data", "\n     while data: data"
    )
    + "except OSError: pass\n"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "from").write_bytes(bytes(range(256)) * 1000)
    return tmp_path


@pytest.mark.slow
def test_copy_of_the_system_passes(here: Path) -> None:
    report = check_program(["cp", "--reflink=never", "from", "to"])
    assert report.verdict in (Verdict.PASSED, Verdict.UNTRUSTWORTHY)
    assert (here / "to").read_bytes() == (here / "from").read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_loop_passes_and_one_call_does_not() -> None:
    loop = check_program([sys.executable, "-c", LOOP, "from", "to"])
    assert loop.verdict is Verdict.PASSED, loop.text()
    assert loop.shortened > 100
    one = check_program([sys.executable, "-c", ONE_CALL, "from", "other"])
    assert one.verdict is Verdict.FAILED
    assert "other: 77 bytes" in one.text()
    assert "256000 bytes" in one.text()


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_program_of_a_shell_is_under_faults_too() -> None:
    words = f"{sys.executable} -c '{ONE_CALL}' from to"
    report = check_program(["sh", "-c", words, "sh", "from", "to"])
    assert report.verdict is Verdict.FAILED


@pytest.mark.slow
def test_child_of_a_shell_has_descriptors_of_its_own(here: Path) -> None:
    # The shell goes on after it, so the copy runs in a child; descriptor 3 is the shell's.
    words = f"exec 3>other; {sys.executable} -c '{LOOP}' from to && true"
    report = check_program(["sh", "-c", words, "sh", "from", "to", "other"])
    assert report.verdict is Verdict.PASSED, report.text()
    assert report.shortened > 100
    assert (here / "to").read_bytes() == (here / "from").read_bytes()
    assert (here / "other").read_bytes() == b""


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_program_without_such_a_call_shows_nothing() -> None:
    assert check_program(["true"]).verdict is Verdict.UNTRUSTWORTHY


@pytest.mark.slow
def test_files_are_put_back_before_each_run(here: Path) -> None:
    (here / "to").write_bytes(b"x" * 300_000)
    report = check_program([sys.executable, "-c", LOOP, "from", "to"])
    assert report.verdict is Verdict.PASSED
    assert (here / "to").stat().st_size == 300_000


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_program_that_cannot_be_held_against_itself_is_refused() -> None:
    with pytest.raises(UsageError, match="another result each time"):
        check_program([sys.executable, "-c", "import os; print(os.getpid())"])
    with pytest.raises(UsageError, match="cannot run nothing-like-it"):
        check_program(["nothing-like-it"])


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_command_says_it_and_exits_so() -> None:
    command = [sys.executable, "-m", "heald", "faults", "--json", "--"]
    program = [sys.executable, "-c", ONE_CALL, "from", "to"]
    done = subprocess.run([*command, *program], capture_output=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["verdict"] == "failed"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["cat", "from"],
        ["dd", "if=from", "of=to", "bs=64k"],
        ["tar", "-cf", "to", "from"],
        ["sort", "-o", "to", "from"],
        [sys.executable, "-c", EACH_WRITE, "from", "to"],
    ],
    ids=lambda command: Path(command[0]).name,
)
@pytest.mark.usefixtures("here")
def test_program_that_reads_and_writes_passes(command: list[str]) -> None:
    report = check_program(command)
    assert report.verdict is Verdict.PASSED, report.text()
    assert report.failed > 0


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_write_that_came_back_short_and_is_not_gone_on_with_is_seen() -> None:
    report = check_program([sys.executable, "-c", ONE_WRITE, "from", "to"])
    assert report.verdict is Verdict.FAILED
    text = report.text()
    assert (
        "reads, writes and zero-copy calls of at most 77 bytes, none interrupted" in text
    )
    assert "to: 308 bytes" in text


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_failure_of_which_the_program_does_not_tell_is_seen() -> None:
    report = check_program([sys.executable, "-c", NO_MATTER, "from", "to"])
    assert report.verdict is Verdict.FAILED
    assert "read number 1 fails with EIO" in report.text()
    assert "write number 2 fails with ENOSPC" in report.text()
    assert "the exit status says that all went well" in report.text()
    assert not any("fails" not in each["signals"] for each in report.failures)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_programs_that_wait_for_each_other_go_on() -> None:
    words = 'cat "$0" | cat | tee "$1" | cat >/dev/null'
    done = run_shortened(["sh", "-c", words, "from", "to"], most=77, copies=True)
    assert done.returncode == 0
    assert done.shortened > 3000
    assert Path("to").read_bytes() == Path("from").read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_reader_that_goes_away_ends_the_writer() -> None:
    words = 'cat "$0" "$0" "$0" | head -c 3'
    done = run_shortened(["sh", "-c", words, "from"], most=1000, copies=True)
    assert (done.returncode, done.stdout) == (0, b"\0\1\2")
