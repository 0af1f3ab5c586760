"""The contract of ``heald check``: arguments, JSON keys, exit codes, replay."""

from __future__ import annotations

import importlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.check.command import as_json, heald, program
from tests.check.flawed_programs import FLAWED, REFUSED
from tests.check.programs import HEAD
from tests.check.sound_programs import SOUND

check_command: Any = importlib.import_module("heald.cli.check")

KEYS = [
    *("program", "model", "search", "verdict", "exhaustive", "executions", "blocked"),
    *("failures", "seconds", "build_seconds", "seed"),
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_passed_is_0_and_has_the_keys_of_the_contract() -> None:
    code, found = as_json(program(SOUND["store-buffering"][0]))
    assert code == 0
    assert [key for key in KEYS if key not in found] == []
    expected = {
        "program": "prog.c",
        "model": "rc11",
        "search": "exhaustive",
        "verdict": "passed",
        "exhaustive": True,
        "executions": 3,
        "blocked": 0,
        "failures": [],
        "seed": 0,
    }
    assert {key: found[key] for key in expected} == expected


def test_failed_is_1_with_places_and_a_capsule() -> None:
    code, found = as_json(program(FLAWED["plain-increment"][0]))
    assert (code, found["verdict"]) == (1, "failed")
    (failure,) = found["failures"]
    assert failure["kind"] == "data race"
    assert len(failure["where"]) == 2
    for place in failure["where"]:
        assert (place["file"], place["function"]) == ("prog.c", "f")
        assert place["line"] == HEAD.count("\n") + 1
        assert place["thread"] in (1, 2)
    assert Path(failure["capsule"]).is_file()


def test_compiler_error_is_2_in_its_own_words() -> None:
    result = heald("check", program("int main(void) { return x; }"))
    assert result.exit_code == 2
    assert "prog.c:" in result.stderr
    assert "error: " in result.stderr


def test_what_cannot_be_modelled_is_2_and_names_it() -> None:
    result = heald("check", program(REFUSED["fork"][0]))
    assert result.exit_code == 2
    assert "the program calls `fork`, which the explorer cannot model" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nowhere.c"],
        ["prog.c", "--model", "arm"],
        ["prog.c", "--budget", "soon"],
        ["prog.c", "--seed", "-1"],
        ["prog.c", "--nonsense"],
    ],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_wrong_words_are_2(words: list[str]) -> None:
    program("int main(void) { return 0; }")
    assert heald("check", *words).exit_code == 2


def test_undecided_is_3() -> None:
    code, found = as_json(program(SOUND["mutex"][0]), "--max-executions", "2")
    assert (code, found["verdict"], found["exhaustive"]) == (3, "undecided", False)


def test_dead_engine_is_5(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Path("engine").absolute()
    engine.write_text("#!/bin/sh\necho 'engine bug: lost' >&2\nexit 5\n")
    engine.chmod(0o755)
    monkeypatch.setattr("heald.building.engine.engine_path", lambda _name: engine)
    result = heald("check", program("int main(void) { return 0; }"))
    assert result.exit_code == 5
    assert result.stderr.endswith("engine bug: heald-explore ended with status 5: lost\n")


def test_words_after_dashes_go_to_the_compiler() -> None:
    name = program("int main(void) { assert(N == 3); }")
    assert heald("check", name, "--", "-DN=3").exit_code == 0
    assert heald("check", name, "--", "-D", "N=4").exit_code == 1


def test_program_gets_its_arguments() -> None:
    name = program(SOUND["arguments"][0])
    assert heald("check", name, "--arg", "one", "--arg", "two words").exit_code == 0


def test_program_is_read_from_standard_input() -> None:
    code, found = as_json("-", stdin="int main(void) { return 0; }")
    assert (code, found["program"], found["executions"]) == (0, "-", 1)


def test_everything_for_people_goes_to_stderr_with_json() -> None:
    result = heald("check", "--json", program(FLAWED["plain-increment"][0]))
    assert len(result.stdout.splitlines()) == 1
    assert "data race" in result.stderr


def test_model_is_obeyed() -> None:
    text = SOUND["store-buffering"][0].replace("_store(", "_store_explicit(")
    text = text.replace("_load(", "_load_explicit(").replace(", 1);", ", 1, MO);")
    text = text.replace("(&x);", "(&x, MO);").replace("(&y);", "(&y, MO);")
    name = program(text)
    flags = ("--", "-DMO=memory_order_relaxed")
    counts = {
        m: as_json(name, "--model", m, *flags)[1]["executions"] for m in ("sc", "rc11")
    }
    assert counts == {"sc": 3, "rc11": 4}


def test_executions_are_drawn_and_written_for_graphviz() -> None:
    name = program(SOUND["store-buffering"][0])
    result = heald("check", name, "--print-executions", "2", "--dot", "x.dot")
    assert result.exit_code == 0
    assert "execution 2\n" in result.stdout
    assert "execution 3\n" not in result.stdout
    assert f"W sc x := 1  {name}:" in result.stdout
    assert Path("x.dot").read_text().count('label="execution ') == 2


@pytest.mark.parametrize("races", ["fail", "allow"])
def test_plain_accesses_are_drawn_with_value_and_source(races: str) -> None:
    name = program(
        "int d, e[2]; int *p; THREAD(f) { UNUSED; d = 7; p = &d; e[0] = 1; e[1] = 2; return 0; }"
        "int main(void) { go(f,0); done(); long both; memcpy(&both, e, 8);"
        " return d + *p + !both != 14; }"
    )
    result = heald("check", name, "--print-executions", "1", "--races", races)
    shown = [line.rstrip() for line in result.stdout.splitlines()]
    assert any("W na d := 7" in line for line in shown)
    assert any("R na d = 7 (1.0)" in line for line in shown)
    assert any("W na p := &d" in line for line in shown)
    assert any("R na p = &d (1.1)" in line for line in shown)
    # Two writes made up what memcpy read: no one source, but under races a known value and
    # the later of the two.
    told = "R na e" if races == "fail" else "R na e = 8589934593 (1.3)"
    assert any(f"{told}  " in line for line in shown)


def test_jobs_find_the_same_number_of_executions() -> None:
    name = program(
        "atomic_int x; THREAD(f) { UNUSED; x++; return 0; }"
        "int main(void) { for (int i = 0; i < 5; i++) go(f,0); done(); }"
    )
    code, found = as_json(name, "--jobs", "3")
    assert (code, found["executions"], found["exhaustive"]) == (0, 120, True)


def test_sampling_says_what_a_pass_is_worth() -> None:
    name = program(SOUND["mutex"][0])
    result = heald("check", name, "--search", "random", "--max-executions", "300")
    assert result.exit_code == 0
    told = r"300 executions(, (\d+) of them known,)? sampled under rc11 by random, seed 0"
    known = re.search(told, result.stdout)
    assert known is not None
    assert 250 < int(known[2]) < 300, "a program of few executions"
    assert "95 % sure that fewer than" in result.stdout


def capsule_of(text: str) -> str:
    failure = as_json(program(text))[1]["failures"][0]
    return str(failure["capsule"])


MP = FLAWED["message-passing-relaxed"][0]


ENDLESSLY_MANY = (
    "atomic_int x; THREAD(f) { UNUSED; for (int i = 0; i < 9; i++) x++; return 0; }"
    "int main(void) { for (int i = 0; i < 6; i++) go(f,0); done(); }"
)
HANG_S = 120


def started(name: str, stderr: int, *words: str) -> subprocess.Popen[bytes]:
    command = "from heald.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "check", "--json", name, *words],
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )


def read_until(descriptor: int, wanted: bytes) -> bytes:
    """Read what a process says until it has said that; fail if it never does."""
    said = b""
    until = time.monotonic() + HANG_S
    while wanted not in said:
        ready, _, _ = select.select([descriptor], [], [], until - time.monotonic())
        assert ready, f"{HANG_S} s without {wanted!r}: {said!r}"
        said += os.read(descriptor, 4096)
    return said


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_terminal_shows_progress_and_an_interrupt_still_gives_a_result(
    jobs: str,
) -> None:
    try:
        ours, theirs = pty.openpty()
    except OSError as error:  # a container without /dev/pts
        pytest.skip(f"no terminals: {error}")
    process = started(program(ENDLESSLY_MANY), theirs, "--jobs", jobs, "--budget", "none")
    os.close(theirs)
    said = read_until(ours, b" executions in ")
    said += read_until(ours, b" left")
    assert b"\r\x1b[K" in said  # one line, written again and again
    assert b"\n" not in said
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everybody in it
    output, _ = process.communicate(timeout=HANG_S)
    os.close(ours)
    found = json.loads(output)
    assert (process.returncode, found["verdict"]) == (3, "undecided")
    assert (found["reason"], found["executions"] > 0) == ("interrupt", True)
    assert [key for key in KEYS if key not in found] == []


@pytest.mark.slow
def test_a_log_has_whole_lines_of_progress() -> None:
    ours, theirs = os.pipe()
    process = started(program(ENDLESSLY_MANY), theirs, "--budget", "none")
    os.close(theirs)
    said = read_until(ours, b" left\n")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=HANG_S)
    os.close(ours)
    last = said.splitlines()[-1]
    assert re.fullmatch(
        rb"[0-9,]+ executions in .+ s, about [0-9]+% of [0-9,]+, .+ left", last
    )
    assert json.loads(output)["reason"] == "interrupt"


def test_a_short_check_says_nothing_on_the_way() -> None:
    result = heald("check", "--json", program(SOUND["mutex"][0]))
    assert " executions in " not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_check_loads_only_what_it_needs() -> None:
    name = program("int main(void) { return 0; }")
    heavy = ["hypothesis", "scipy", "cffi", "pycparser", "jinja2", "rich", "logging"]
    heavy += [
        "concurrent.futures",
        "heald.scenario",
        "heald.finding",
        "heald.showing.trace",
    ]
    text = f"import sys; from heald.cli import main; HEAVY = {heavy}\n"
    text += f"main(['check', {name!r}], standalone_mode=False)\n"
    text += "print([name for name in HEAVY if name in sys.modules])"
    for _ in range(2):  # the first one builds
        done = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=True
        )
    assert done.stdout.splitlines()[-1] == "[]"


def test_progress_tells_how_much_is_done_and_left() -> None:
    counts = {"executions": 250, "blocked": 0, "estimate": 1000.0, "done": 0.25}
    text = check_command._progress_text(counts, 2.0)
    assert re.match(r"^250 executions in .*, about 25% of 1,000, .* left$", text)


def test_progress_without_an_estimate_tells_what_was_done() -> None:
    text = check_command._progress_text({"executions": 250}, 2.0)
    assert text.startswith("250 executions in ")
    assert "left" not in text


def test_one_execution_is_not_counted_as_several() -> None:
    deadlock = Path(__file__).parents[2] / "docs" / "gallery" / "deadlock.c"
    said = heald("check", str(deadlock)).stdout.splitlines()[0]
    assert "after 1 execution and 1 blocked one under rc11" in said


def test_what_nobody_had_written_has_no_value() -> None:
    name = program(
        "enum colour { RED, GREEN }; struct node { _Atomic(enum colour) colour; };"
        "static _Atomic(struct node *) top;"
        "THREAD(f) { UNUSED; struct node *n = malloc(sizeof *n); atomic_store(&n->colour, GREEN);"
        " atomic_store_explicit(&top, n, memory_order_relaxed); return 0; }"
        "int main(void) { go(f,0); struct node *p = atomic_load(&top);"
        " return p && atomic_load(&p->colour) == RED; }"
    )
    said = heald("check", name).stdout
    assert "node#1.colour is uninitialised" in said
    assert "but not GREEN" in said
    assert "read GREEN" not in said
