"""What a system lacks is told from what is wrong."""

from __future__ import annotations

import subprocess

import pytest

from tests import absent

SAID = [
    ("the compiler 'clang' (from the environment's CC) is not there; install", "clang"),
    ("the compiler 'g++' is not there; install one", "g++"),
    ("gcc: fatal error: cannot execute 'cc1plus': execvp: No such file", "g++"),
    ("[Errno 2] No such file or directory: 'clang'", "clang"),
    ("AssertionError: Regex did not match, but: cannot execute 'cc1plus'", "g++"),
    ("[Errno 2] No such file or directory: 'results.db'", None),
    ("the compiler 'tcc' is not there; install one", None),
    ("clang++ says that it is wrong", None),
]


@pytest.mark.parametrize(("said", "name"), SAID)
def test_compiler_that_is_missed_is_named(
    monkeypatch: pytest.MonkeyPatch, said: str, name: str | None
) -> None:
    monkeypatch.setattr(absent, "ABSENT", frozenset({"clang", "clang++", "g++"}))
    assert absent.named_in(said) == name


def test_failure_is_a_failure_where_the_compiler_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(absent, "ABSENT", frozenset({"clang"}))
    assert absent.named_in("[Errno 2] No such file or directory: 'g++'") is None


@pytest.mark.parametrize(
    ("lacks", "ends"), [({"g++"}, pytest.skip.Exception), ((), ValueError)]
)
def test_cause_counts_as_well(
    monkeypatch: pytest.MonkeyPatch, lacks: set[str], ends: type[BaseException]
) -> None:
    monkeypatch.setattr(absent, "ABSENT", frozenset(lacks))
    wrapped = absent._skipping()
    next(wrapped)
    deep = subprocess.CalledProcessError(1, "gcc", stderr="cannot execute 'cc1plus'")
    error = ValueError("no answer")
    error.__cause__ = deep
    with pytest.raises(ends):
        wrapped.throw(error)
