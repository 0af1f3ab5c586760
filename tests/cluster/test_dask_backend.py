"""Agents beside the workers of a Dask cluster: losses of a worker, the scheduler, the leader."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from heald import UsageError
from heald.cluster.dask_backend import Certificates, checked_address
from tests.campaign.test_agents import count, rows
from tests.cluster.dasks import DaskProcess, dask
from tests.cluster.talk import project
from tests.cluster.test_agent import wait_until_gone
from tests.cluster.test_searching import ALL, ALL_LONG, COUNTING, LONG

pytestmark = pytest.mark.slow

BUDGET = ("--budget", "600s")  # of the clock: a busy machine takes its part


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (
            "tcp://10.1.2.3:8786",
            r"is reached in the clear: .*insist with --cluster-insecure",
        ),
        ("tcp://big.example:8786", "is reached in the clear"),
        (
            "tls://big.example:8786",
            "needs --cluster-ca, --cluster-cert and --cluster-key",
        ),
        ("tls://127.0.0.1:8786", "needs --cluster-ca, --cluster-cert and --cluster-key"),
        ("tcp://big.example", r"a scheduler is tls://HOST:PORT or tcp://HOST:PORT"),
        ("tcp://:8786", "a scheduler is"),
        ("tcp://host:port", "a scheduler is"),
    ],
)
def test_a_scheduler_without_proof_of_who_we_are_is_refused(
    address: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        checked_address(address, Certificates())


def test_loopback_and_those_who_insist_do_without_certificates() -> None:
    for address in ("tcp://127.0.0.1:8786", "tcp://[::1]:8786", "tcp://localhost:1"):
        assert checked_address(address, Certificates()) == address
    address = "tcp://big.example:8786"
    assert checked_address(address, Certificates(insecure=True)) == address


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    given = Certificates(*(tmp_path / name for name in ("ca", "cert", "key")))
    with pytest.raises(UsageError, match=r"there is no file .*ca$"):
        checked_address("tls://big.example:8786", given)


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from heald.cluster.dask_backend import DaskBackend

    monkeypatch.setattr("heald.cluster.dask_backend.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs: pip install 'heald\[cluster\]'"):
        DaskBackend("tcp://127.0.0.1:1", Certificates())


def heald(*words: str) -> list[str]:
    return [sys.executable, "-m", "heald", *words]


def run(*words: str, code: int = 0) -> bytes:
    done = subprocess.run(heald(*words), capture_output=True, timeout=900, check=False)
    assert done.returncode == code, done.stderr.decode()
    return done.stdout


def agents_of(process: DaskProcess) -> list[int]:
    """Return the agents that a worker has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(parent) == process.pid and b"agent" in words:
                found.append(int(entry.name))
    return found


def test_a_search_on_a_cluster_of_processes_has_the_same_total() -> None:
    """A LocalCluster, as people try Dask first."""
    pytest.importorskip("distributed", reason="pip install 'heald[cluster]'")
    script = (
        "from distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        "    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True,\n"
        "                      dashboard_address=None) as cluster:\n"
        "        print(cluster.scheduler_address, flush=True)\n"
        "        input()\n"
    )
    Path("local.py").write_text(script)
    cluster = subprocess.Popen(
        [sys.executable, "local.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert cluster.stdout is not None
    address = cluster.stdout.readline().decode().strip()
    try:
        command = ["check", "counting.c", "--json", "--cluster", address]
        found = json.loads(run(*command, "--parts", "8", *BUDGET))
    finally:
        cluster.communicate(b"\n", timeout=60)
    assert (found["executions"], found["exhaustive"]) == (ALL, True)


def test_a_worker_killed_in_a_search_changes_no_count() -> None:
    with dask() as cluster:
        command = heald("check", "counting.c", "--json", "--parts", "16", *BUDGET)
        leader = subprocess.Popen(
            [*command, "--cluster", cluster.address, "--", *LONG],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 100
        while not any(Path(".heald/searches").glob("*")) or not agents_of(
            cluster.workers[0]
        ):
            assert time.monotonic() < end
            assert leader.poll() is None
            time.sleep(0.02)
        time.sleep(1.0)
        agents = agents_of(cluster.workers[0])
        cluster.workers[0].kill()
        output, _ = leader.communicate(timeout=300)
        wait_until_gone(*agents)
    found = json.loads(output)
    assert (found["executions"], found["exhaustive"]) == (ALL_LONG, True)


def plan(budget: str) -> list[str]:
    Path("plan.toml").write_text(
        f'places = ["fakes.py"]\nslice = "200ms"\nseed = 7\nbudget = "{budget}"\n'
    )
    return ["stress", "--plan", "plan.toml", "--db", "results.db"]


def wait_for_slices(least: int, leader: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 100
    while count() < least:
        assert time.monotonic() < end
        assert leader.poll() is None
        time.sleep(0.05)


def test_a_campaign_goes_on_without_a_worker_and_with_another_one() -> None:
    project(Path(), "good", "bad")
    with dask() as cluster:
        leader = subprocess.Popen(
            heald(*plan("600s"), "--cluster", cluster.address),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        wait_for_slices(4, leader)
        cluster.workers[0].kill()
        cluster.start_worker()
        wait_for_slices(count() + 20, leader)
        leader.send_signal(signal.SIGINT)
        output, _ = leader.communicate(timeout=100)
    assert leader.returncode == 1
    assert b"fake/bad: failed: lost update" in output
    numbers = rows("SELECT target, number FROM slice")
    assert len(set(numbers)) == len(numbers)
    assert len(rows("SELECT name FROM machine")) >= 2


def test_a_scheduler_that_is_killed_and_comes_back_goes_on_with_the_campaign() -> None:
    project(Path(), "good")
    with dask() as cluster:
        leader = subprocess.Popen(
            heald(*plan("600s"), "--cluster", cluster.address),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_slices(4, leader)
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        for worker in cluster.workers:
            worker.kill()
        cluster.start_scheduler()
        cluster.start_worker()
        wait_for_slices(count() + 6, leader)
        leader.send_signal(signal.SIGINT)
        leader.communicate(timeout=100)
    numbers = rows("SELECT target, number FROM slice")
    assert len(set(numbers)) == len(numbers)


def test_a_killed_leader_leaves_no_agent_and_is_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project(Path(), "good")
    monkeypatch.setenv("HEALD_SILENCE_S", "3")  # of the agents, 30 without
    with dask() as cluster:
        command = heald(*plan("600s"), "--cluster", cluster.address)
        leader = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_slices(4, leader)
        agents = [pid for worker in cluster.workers for pid in agents_of(worker)]
        assert len(agents) == 2
        leader.kill()
        leader.wait()
        wait_until_gone(*agents)
        before = count()
        leader = subprocess.Popen(
            [*command, "--resume"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_slices(before + 4, leader)
        leader.send_signal(signal.SIGINT)
        leader.communicate(timeout=100)
        wait_until_gone(*(pid for each in cluster.workers for pid in agents_of(each)))
    numbers = rows("SELECT target, number FROM slice")
    assert len(set(numbers)) == len(numbers)


def certificates(folder: Path) -> list[str]:
    """Make an authority and a certificate that it has signed; return their files."""
    folder.mkdir()

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=True)

    new = ["req", "-newkey", "rsa:2048", "-nodes", "-subj"]
    openssl(
        *new,
        "/CN=who signs",
        "-x509",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-days",
        "2",
    )
    openssl(*new, "/CN=who is signed", "-keyout", "own.key", "-out", "own.csr")
    sign = ["x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key"]
    openssl(*sign, "-CAcreateserial", "-out", "own.pem", "-days", "2")
    return [str(folder / name) for name in ("ca.pem", "own.pem", "own.key")]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_cluster_behind_tls_takes_only_its_own_certificates(tmp_path: Path) -> None:
    files = certificates(tmp_path / "ours")
    others = certificates(tmp_path / "others")
    flags = ("--cluster-ca", "--cluster-cert", "--cluster-key")
    with dask(files) as cluster:
        command = ["check", "counting.c", "--json", "--cluster", cluster.address]

        def given(paths: Sequence[str]) -> list[str]:
            return [word for pair in zip(flags, paths, strict=True) for word in pair]

        found = json.loads(run(*command, "--parts", "4", *BUDGET, *given(files)))
        assert found["executions"] == ALL
        refused = subprocess.run(
            heald(*command, "--parts", "4", *given(others)),
            capture_output=True,
            timeout=300,
            check=False,
        )
    assert refused.returncode == 2
    said = refused.stderr.decode()
    assert re.search(r"no way to tls://.*(certificate|SSL|TLS|Timed out)", said), said


def test_agents_of_an_interrupted_search_are_gone_at_once() -> None:
    with dask() as cluster:
        command = heald(
            "check", "counting.c", *BUDGET, "--parts", "2", "--cluster", cluster.address
        )
        leader = subprocess.Popen(
            [*command, "--", "-DN=6", "-DROUNDS=2", "-DSTORES=1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 100
        while not any(Path(".heald/searches").glob("*")):
            assert time.monotonic() < end
            time.sleep(0.02)
        agents = [pid for worker in cluster.workers for pid in agents_of(worker)]
        os.kill(leader.pid, signal.SIGINT)
        assert leader.wait(100) == 3
        wait_until_gone(*agents)
