"""The two commands of the README on fresh systems: Debian 12, 13 and testing, by debootstrap.

Not part of an ordinary run: it downloads a system and takes many minutes. As root,

    HEALD_SYSTEMS=trixie .venv/bin/pytest tests/systems

does it for Debian 13; several names are separated by blanks. HEALD_SYSTEMS_TESTS names what of
the suite is run there (all of it by default), HEALD_SYSTEMS_FOLDER a folder that keeps the
systems from one time to the next.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITES = ("bookworm", "trixie", "testing")
PACKAGES = "gcc,libc6-dev,make,python3-venv,python3,binutils,ca-certificates"
WANTED = os.environ.get("HEALD_SYSTEMS", "").split()
TESTS = os.environ.get("HEALD_SYSTEMS_TESTS", "")
_KEPT = ("PIP_", "SSL_", "REQUESTS_", "http_proxy", "https_proxy", "no_proxy")


def _missing(suite: str) -> str | None:
    if suite not in WANTED:
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


@contextmanager
def _mounted(root: Path) -> Iterator[None]:
    """Give the system what a running one has, but for terminals."""
    places = [
        ("proc", "proc", "proc"),
        ("/dev", "dev", "bind"),
        ("tmpfs", "tmp", "tmpfs"),
    ]
    done: list[Path] = []
    try:
        for source, name, kind in places:
            how = ["--bind"] if kind == "bind" else ["-t", kind]
            subprocess.run(["mount", *how, source, root / name], check=True)
            done.append(root / name)
        yield
    finally:
        for place in reversed(done):
            subprocess.run(["umount", "-l", place], check=False)


def _copy(root: Path) -> None:
    """Put a fresh checkout, and what it takes to reach the package index, into the system."""
    target = root / "heald"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, files.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    for name in ("resolv.conf", "hosts", "ssl/certs/ca-certificates.crt"):
        if (Path("/etc") / name).exists():
            (root / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(f"/etc/{name}", root / "etc" / name)


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_both_commands_pass(suite: str, tmp_path: Path) -> None:
    missing = _missing(suite)
    if missing is not None:
        pytest.skip(f"tests/systems {suite}: {missing}")
    folder = Path(os.environ.get("HEALD_SYSTEMS_FOLDER", tmp_path))
    root = _system(suite, folder)
    _copy(root)
    environment = {k: v for k, v in os.environ.items() if k.startswith(_KEPT)}
    environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    environment["LC_ALL"] = "C.UTF-8"
    test = f".venv/bin/pytest -q {TESTS}" if TESTS else "make test"
    with _mounted(root):
        for command in ("make setup", ".venv/bin/heald stress --budget 60s", test):
            done = subprocess.run(
                ["chroot", root, "sh", "-c", f"cd /heald && {command}"],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
