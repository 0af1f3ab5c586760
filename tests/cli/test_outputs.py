"""Every verb that explores writes its result where people and tools read it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from heald.cli import main

RACE = """#include <pthread.h>
static int shared;
static void *add(void *unused) { shared++; return unused; }
int main(void) {
    pthread_t a, b;
    pthread_create(&a, 0, add, 0);
    pthread_create(&b, 0, add, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    return 0;
}
"""


@pytest.mark.parametrize("verb", ["check", "verify", "mend", "mutate", "tighten"])
def test_a_failure_is_written_in_every_form(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("race.c").write_text(RACE)
    forms = ["--html", "p.html", "--sarif", "s.json", "--junit", "j.xml", "--github"]
    done = CliRunner().invoke(main, [verb, "race.c", "--budget", "20s", *forms])
    assert done.exit_code == 1, done.output
    assert (
        "::error file=race.c,line=3,title=heald%3A data race::data race: " in done.output
    )
    [result] = json.loads(Path("s.json").read_text())["runs"][0]["results"]
    assert "shared" in result["message"]["text"]
    assert ElementTree.parse("j.xml").getroot()[0].get("failures") == "1"
    page = Path("p.html").read_text()
    assert "RACE: nothing orders this before" in page
    if verb == "check":
        again = CliRunner().invoke(
            main,
            [
                "replay",
                str(next(Path(".heald/capsules").iterdir())),
                "--html",
                "r.html",
                "--dot",
                "r.dot",
            ],
        )
        assert again.exit_code == 1
        assert "RACE: nothing orders this before" in Path("r.html").read_text()
        assert "the failing execution: data race" in Path("r.dot").read_text()


def test_a_pass_is_written_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.c").write_text("int main(void) { return 0; }\n")
    forms = ["--html", "p.html", "--sarif", "s.json", "--junit", "j.xml", "--github"]
    done = CliRunner().invoke(main, ["check", "good.c", *forms])
    assert done.exit_code == 0
    assert "::error" not in done.output
    assert json.loads(Path("s.json").read_text())["runs"][0]["results"] == []
    assert "good.c: passed" in Path("p.html").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["litmus", "subjects/litmus.py:sb-relaxed", "--model-only"],
        ["faults", "--", "true"],
    ],
    ids=lambda words: words[0],
)
def test_other_verbs_write_them_too(words: list[str], tmp_path: Path) -> None:
    page, junit = tmp_path / "p.html", tmp_path / "j.xml"
    at = words.index("--") if "--" in words else len(words)
    forms = ["--html", str(page), "--junit", str(junit), "--github"]
    CliRunner().invoke(main, [*words[:at], *forms, *words[at:]])
    assert '"failures": []' in page.read_text()
    assert ElementTree.parse(junit).getroot()[0].get("failures") == "0"


def test_every_verb_that_judges_has_the_options() -> None:
    for verb in [
        "check",
        "verify",
        "mend",
        "tighten",
        "mutate",
        "stress",
        "faults",
        "litmus",
        "replay",
    ]:
        said = CliRunner().invoke(main, [verb, "--help"]).output
        for option in ("--html FILE", "--sarif FILE", "--junit FILE", "--github"):
            assert option in said, verb
