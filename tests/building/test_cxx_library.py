"""The C++ library that becomes part of what is explored."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from heald.building import cxx_library as module
from heald.building.compilers import find_compiler
from heald.building.cxx_library import cxx_library, is_libcxx
from heald.verdicts import UsageError

LIBCXX = "-stdlib=libc++"


def has_libcxx() -> bool:
    if shutil.which("clang++") is None:
        return False
    command = ["clang++", LIBCXX, "-print-file-name=libc++.a"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    version = subprocess.run(["clang++", "-dumpversion"], capture_output=True, text=True)
    return Path(said.strip()).is_absolute() and version.stdout.startswith("14.")


needs_libcxx = pytest.mark.skipif(not has_libcxx(), reason="libc++ 14 is not installed")


def test_the_last_word_on_the_library_counts() -> None:
    assert is_libcxx(["-O2", LIBCXX])
    assert not is_libcxx([LIBCXX, "-stdlib=libstdc++"])
    assert not is_libcxx([])


def test_gnus_library_is_linked_in() -> None:
    library = cxx_library([], find_compiler("g++"))
    assert "-static-libstdc++" in library.ldflags
    assert {unit.source.name for unit in library.units} >= {"tree.cpp", "list.cpp"}


def test_llvms_library_is_an_option_of_clang() -> None:
    with pytest.raises(UsageError, match=r"^-stdlib=libc\+\+ is an option of clang, and"):
        cxx_library([LIBCXX], find_compiler("g++"))


@needs_libcxx
def test_what_stands_in_for_the_archive_is_not_in_its_way() -> None:
    library = cxx_library([LIBCXX], find_compiler("clang++"))
    (archive,) = [word for word in library.ldflags if word.endswith("/libc++.a")]
    listed = subprocess.run(["nm", archive], capture_output=True, text=True).stdout
    kinds = {line.split()[-2] for line in listed.splitlines() if "6futureIvE" in line}
    assert kinds <= {"W", "U", "V"}
    counted = "_ZNSt3__114__shared_count16__release_sharedEv"
    assert f" T heald_unseen{counted}" in listed
    assert f" {counted}\n" not in listed


@needs_libcxx
def test_another_version_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KNOWN", (13, 15))
    with pytest.raises(UsageError, match=r"^-stdlib=libc\+\+: of libc\+\+ 14 it is not"):
        cxx_library([LIBCXX], find_compiler("clang++"))
