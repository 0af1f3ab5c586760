"""Objects and libraries among the files of a program, and a program on standard input."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .command import as_json, heald

MAIN = """
#include <assert.h>
#include <pthread.h>
int lift(int *, int);
static int height;
static void *work(void *unused) { lift(&height, 1); return unused; }
int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, work, 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
    return 0;
}
"""
PLAINLY = "int lift(int *p, int n) { return *p += n; }\n"
AT_ONCE = (
    "int lift(int *p, int n) { return __atomic_add_fetch(p, n, __ATOMIC_RELAXED); }\n"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("main.c").write_text(MAIN)
    return tmp_path


def _archive(text: str, *flags: str) -> None:
    Path("lift.c").write_text(text)
    subprocess.run(
        ["gcc", "-g", "-fPIC", "-c", *flags, "lift.c", "-o", "lift.o"], check=True
    )
    Path("liblift.a").unlink(missing_ok=True)
    subprocess.run(["ar", "rcs", "liblift.a", "lift.o"], check=True)


@pytest.mark.parametrize(
    "words",
    [
        ("main.c", "--", "-L.", "-llift"),
        ("liblift.a", "main.c"),
        ("main.c", "lift.o"),
        ("main.c", "--", "lift.o"),
    ],
)
def test_what_was_linked_is_linked_anew_when_it_has_changed(
    words: tuple[str, ...],
) -> None:
    codes = []
    for text in (AT_ONCE, PLAINLY, AT_ONCE):
        _archive(text, "-fsanitize=thread")
        codes.append(as_json(*words)[0])
    assert codes == [0, 1, 0]


def test_an_object_without_hooks_is_refused_by_name() -> None:
    _archive(AT_ONCE)
    for words in (("main.c", "lift.o"), ("main.c", "--", "./lift.o")):
        done = heald("check", *words)
        assert done.exit_code == 2
        assert "lift.o was compiled without the explorer's hooks" in done.output
    assert "no file lost.a" in heald("check", "main.c", "lost.a").output


def test_a_call_into_a_shared_library_names_it() -> None:
    Path("lift.c").write_text(AT_ONCE)
    subprocess.run(["gcc", "-shared", "-fPIC", "lift.c", "-o", "liblift.so"], check=True)
    for words in (("main.c", "liblift.so"), ("main.c", "--", "-L.", "-llift")):
        code, found = as_json(*words)
        (failure,) = found["failures"]
        assert code == 2
        assert "`lift`" in failure["message"]
        assert "shared libraries (liblift.so) are not loaded" in failure["message"]
        assert failure["where"][0]["line"] == 6
    code, found = as_json("main.c")
    assert "name the file that does as well" in found["failures"][0]["message"]


def test_a_failure_with_an_archive_is_replayed() -> None:
    _archive(PLAINLY, "-fsanitize=thread")
    assert heald("check", "main.c", "liblift.a").exit_code == 1
    (capsule,) = Path(".heald/capsules").glob("*.json")
    done = heald("replay", str(capsule))
    assert "failed again" in done.output


def test_places_on_standard_input_are_its_lines_and_are_quoted() -> None:
    done = heald(
        "check", "-", stdin=MAIN.replace("int lift(int *, int);", PLAINLY.strip())
    )
    assert done.exit_code == 1
    assert "write  thread 1  <stdin>:4  lift" in done.output
    words = " ".join(done.output.split())
    assert "<stdin>:4 int lift(int *p, int n)" in words
    wrong = heald("check", "-", stdin="int main(void) { return x; }")
    assert "<stdin>:1:25: error" in wrong.output
    assert ".cache" not in wrong.output.partition("the command was")[0]


def test_numbers_left_open_on_standard_input_have_their_bounds() -> None:
    text = (
        "int __VERIFIER_nondet_int(void); void __VERIFIER_assume(int);\n"
        "int main(void) { int n = __VERIFIER_nondet_int();\n"
        "  __VERIFIER_assume(n >= 0 && n < 3); return 0; }\n"
    )
    code, found = as_json("-", stdin=text)
    assert (code, found["executions"]) == (0, 3)


def test_what_standard_input_cannot_be_is_told() -> None:
    cxx = heald("check", "-", "--", "-x", "c++", stdin="int main() {}")
    unasked = heald("check", "-", stdin="#include <vector>\nint main() {}")
    assert unasked.stderr == cxx.stderr
    assert cxx.exit_code == 2
    assert "a file whose name ends in .cpp" in cxx.output
    twice = heald("check", "-", "-", stdin="int main(void) {}")
    assert twice.exit_code == 2
    assert "given twice" in twice.output
