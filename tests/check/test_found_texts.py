"""How far a call reads follows from what is there: who wrote last decides it, far into a text, too.

Two threads fill the same memory under a lock, so there are two executions, and a call of which the
result tells them apart. Both results must be seen, and no other.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from heald.building import build
from heald.building.engine import engine_path

LONG = "0123456789" * 9
PROGRAM = """
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#define LONG "%s"
#define WIDE L"%s"
static struct all { char m[100], n[100], end[100]; wchar_t w[100]; } shared;
static struct all one = {"%sa,c", LONG "5", "a", WIDE "a"};
static struct all two = {"%sbb,c", LONG "56", ",c", WIDE "bb"};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *fill(void *from) {
    pthread_mutex_lock(&lock);
    memcpy(&shared, from, sizeof shared);
    pthread_mutex_unlock(&lock);
    return 0;
}
__attribute__((noinline)) static int result(int number, struct all *x) {
    char to[200], *rest;
    wchar_t wide[100];
    switch (number) {
    %s
    }
    return -1;
}
int main(int count, char **words) {
    int number = atoi(words[count - 2]), forbidden = atoi(words[count - 1]);
    pthread_t t[2];
    pthread_create(&t[0], 0, fill, &one);
    pthread_create(&t[1], 0, fill, &two);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    int first = result(number, &one), second = result(number, &two);
    assert(first != second);
    int found = result(number, &shared);
    assert(found == first || found == second);
    assert(found != (forbidden == 1 ? first : forbidden == 2 ? second : -99));
    return 0;
}
"""
CASES = {
    "strlen": "(int)strlen(x->m)",
    "strnlen": "(int)strnlen(x->m, 99)",
    "strcmp": 'strcmp(x->m, LONG "bb,c") == 0',
    "strcmp, the other way": 'strcmp(LONG "bb,c", x->m) == 0',
    "strncmp": 'strncmp(x->m, LONG "b", 91) == 0',
    "strcasecmp": 'strcasecmp(x->m, LONG "BB,C") == 0',
    "strchr": "(int)(strchr(x->m, ',') - x->m)",
    "memchr": "(int)((char *)memchr(x->m, ',', 100) - x->m)",
    "memchr, near": "(int)((char *)memchr(x->end, 0, 100) - x->end)",
    "rawmemchr": "(int)((char *)rawmemchr(x->m, ',') - x->m)",
    "memccpy": "(int)((char *)memccpy(to, x->m, ',', 100) - to)",
    "strcpy": "(strcpy(to, x->m), to[90])",
    "strcat": "(to[0] = 0, strcat(to, x->m), to[90])",
    "strspn": '(int)strspn(x->m, "0123456789a")',
    "strcspn": "(int)strcspn(x->m, x->end)",
    "strpbrk": "(int)(strpbrk(x->m, x->end) - x->m)",
    "strsep": "(rest = x->m, (int)strlen(strsep(&rest, \",\")))",
    "strtok_r": "(int)strlen(strtok_r(x->m, x->end, &rest))",
    "strstr": '(int)(strstr(x->m, ",c") - x->m)',
    "strtod": "(int)(strtod(x->n, &rest), rest - x->n)",
    "strdup": "(rest = strdup(x->m), number = (int)strlen(rest), free(rest), number)",
    "snprintf": '(int)snprintf(to, sizeof to, "%s", x->m)',
    "sscanf": '(int)(sscanf(x->m, "%*[0-9]%[ab]", to), strlen(to))',
    "wcslen": "(int)wcslen(x->w)",
    "wcscmp": 'wcscmp(x->w, WIDE "bb") == 0',
    "wcsncmp": 'wcsncmp(WIDE "b", x->w, 91) == 0',
    "wcscpy": "(wcscpy(wide, x->w), (int)wide[90])",
}  # fmt: skip


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One program with all cases."""
    cases = (
        f"case {at}: return {expression};" for at, expression in enumerate(CASES.values())
    )
    source = tmp_path_factory.mktemp("texts") / "texts.c"
    source.write_text(PROGRAM % (LONG, LONG, LONG, LONG, "\n    ".join(cases)))
    return build.compile([source], flavour=build.EXPLORED)


def asked(
    compiled: Path, number: int, forbidden: int
) -> tuple[list[str], dict[str, int]]:
    """The kinds of failure, and the summary."""
    words = ("--results", "2", str(compiled), str(number), str(forbidden))
    command = [str(engine_path("explore")), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line[:1] == "{"]
    return [line["kind"] for line in lines if line["type"] == "failure"], lines[-1]


@pytest.mark.parametrize("name", CASES)
def test_both_results_are_seen_and_no_other(compiled: Path, name: str) -> None:
    number = list(CASES).index(name)
    kinds, summary = asked(compiled, number, 0)
    assert kinds == []
    assert summary["executions"] == 2
    for which in (1, 2):
        kinds, _ = asked(compiled, number, which)
        assert kinds == ["assertion"]
