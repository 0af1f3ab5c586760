"""The two commands of the README on fresh systems: Debian 12, 13 and testing, by debootstrap.

Not part of an ordinary run: it downloads a system and takes many minutes. As root,

    HEALD_SYSTEMS=trixie .venv/bin/pytest tests/systems

does it for Debian 13 as root, as a user, and as a root without any capability, as in a locked
container; several names are separated by blanks, ``trixie:user`` is one way of one system.
None has ``/dev/pts``. HEALD_SYSTEMS_TESTS names what of the suite is run there (all of it by
default), HEALD_SYSTEMS_BUDGET is for ``make run`` on a busy machine, HEALD_SYSTEMS_FOLDER a
folder that keeps the systems, and what was printed, from one time to the next.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITES = ("bookworm", "trixie", "testing")
PACKAGES = "gcc,libc6-dev,make,python3-venv,python3,binutils,ca-certificates"
WANTED = os.environ.get("HEALD_SYSTEMS", "").split()
BUDGET = os.environ.get("HEALD_SYSTEMS_BUDGET", "60s")
TESTS = os.environ.get("HEALD_SYSTEMS_TESTS", "")
_KEPT = ("PIP_", "SSL_", "REQUESTS_", "http_proxy", "https_proxy", "no_proxy")

#: Who runs the commands, by the program that makes one of root.
WHO = {
    "root": [],
    "user": ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"],
    "bare": ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"],
}

#: What a running system has, but for terminals; in a mount namespace that ends with it.
_MOUNTED = """
set -e
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
root=$1
shift
exec chroot "$root" "$@"
"""


def _missing(suite: str, who: str) -> str | None:
    if not {suite, f"{suite}:{who}"} & {*WANTED}:
        return f"HEALD_SYSTEMS does not name {suite}"
    if os.geteuid() != 0:
        return "making a system needs root"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed"
    return None


def _system(suite: str, folder: Path) -> Path:
    """Make a system, or find the one that was made before."""
    root = folder / suite
    if not (root / "etc" / "heald-complete").exists():
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, root],
            check=True,
        )
        (root / "etc" / "heald-complete").touch()
    return root


def _copy(root: Path, owner: int) -> None:
    """Put a fresh checkout, and what it takes to reach the package index, into the system."""
    home = root / "home" / "heald"
    shutil.rmtree(home, ignore_errors=True)
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, files.split("\0")):
        (home / "heald" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, home / "heald" / name)
    subprocess.run(["chown", "-R", f"{owner}:{owner}", home], check=True)
    for name in ("resolv.conf", "hosts", "pip.conf", "ssl/certs/ca-certificates.crt"):
        if (Path("/etc") / name).exists():
            (root / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(f"/etc/{name}", root / "etc" / name)


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("suite", SUITES)
def test_both_commands_pass(suite: str, who: str, tmp_path: Path) -> None:
    missing = _missing(suite, who)
    if missing is not None:
        pytest.skip(f"tests/systems {suite} as {who}: {missing}")
    folder = Path(os.environ.get("HEALD_SYSTEMS_FOLDER", tmp_path))
    root = _system(suite, folder)
    _copy(root, 1000 if who == "user" else 0)
    environment = {k: v for k, v in os.environ.items() if k.startswith(_KEPT)}
    environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/home/heald"}
    environment["LC_ALL"] = "C.UTF-8"
    test = f".venv/bin/pytest -q {TESTS}" if TESTS else "make test"
    log = folder / f"{suite}-{who}.log"
    failed = {}
    for command in ("make setup", f"make run BUDGET={BUDGET}", test):
        inside = [*WHO[who], "sh", "-c", shlex.join(["cd", "/home/heald/heald"])]
        inside[-1] += f" && exec {command}"
        namespace = ["unshare", "--mount", "--fork", "--kill-child"]
        with log.open("ab") as printed:
            done = subprocess.run(
                [*namespace, "sh", "-c", _MOUNTED, "sh", root, *inside],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            failed[command] = log.read_text(errors="replace")[-6000:]
    assert not failed, "\n".join(f"{name}: {said}" for name, said in failed.items())
