"""Files, standard input and options: the same as in a process of its own, in every execution."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static pthread_t t;
static void go(void *(*f)(void *)) { pthread_create(&t, 0, f, 0); }
static void done(void) { pthread_join(t, 0); }
"""


def run(text: str, *arguments: str, **options: Any) -> CheckResult:
    source = written(HEAD + text)
    return check([source], arguments=arguments, cflags=["-w"], **options)


def natively_made(folder: Path, text: str) -> Path:
    """Compile a process of its own."""
    source, made = folder / "native.c", folder / "program"
    source.write_text(HEAD + text)
    compiler = shutil.which("gcc") or "cc"
    subprocess.run([compiler, "-w", "-pthread", source, "-o", made], check=True)
    return made


def natively(made: Path, *arguments: str) -> str:
    """Return what it prints."""
    done = subprocess.run(
        ["program", *arguments],
        executable=made,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


PARSES = """
int main(int argc, char **argv) {
    static const struct option longs[] = {
        {"all", no_argument, 0, 'a'}, {"name", required_argument, 0, 'n'},
        {"near", optional_argument, 0, 'r'}, {"alone", no_argument, &opterr, 1}, {0}};
    int c, which = -1;
    setvbuf(stdout, NULL, _IONBF, 0);
    while ((c = CALL) != -1)
        printf("%d %s %d %d %d\\n", c, optarg ? optarg : "-", optind, c == '?' ? optopt : 0, which);
    for (int i = 1; i < argc; i++) printf("%s ", argv[i]);
    printf("%d\\n", optind); return 0; }
"""
WORDS = (
    *("-a", "-b", "-ab", "-n", "-nx", "-abn", "-o", "-ofile", "-z", "-az", "--", "-"),
    *(
        "file",
        "other",
        "--all",
        "--al",
        "--name",
        "--name=x",
        "--ne",
        "--near=1",
        "--near",
    ),
    *("--n", "--alone", "--nothing", "--all=3", "x y", ""),
)


@pytest.mark.parametrize(
    "call",
    [
        'getopt(argc, argv, "abn:o::")',
        'getopt(argc, argv, "+abn:")',
        'getopt(argc, argv, "-:abn:")',
        'getopt_long(argc, argv, "abn:o::", longs, &which)',
        'getopt_long(argc, argv, ":an:", longs, &which)',
    ],
)
def test_options_are_taken_as_by_the_c_library(tmp_path: Path, call: str) -> None:
    program = PARSES.replace("CALL", call)
    made = natively_made(tmp_path, program)
    rng = random.Random(call)
    for _ in range(6):
        arguments = [rng.choice(WORDS) for _ in range(rng.randint(0, 6))]
        result = run(program, *arguments)
        assert result.verdict is Verdict.PASSED, arguments
        assert result.output == natively(made, *arguments), arguments


READS = """
int main(void) {
    char line[16], *long_line = 0; size_t room = 0; ssize_t got;
    FILE *f = fopen("NAME", "r"); if (!f) { printf("%d\\n", errno); return 0; }
    while (fgets(line, sizeof line, f)) printf("<%s>%ld ", line, ftell(f));
    printf("%d %ld\\n", !!feof(f), ftell(f)); rewind(f);
    while ((got = getline(&long_line, &room, f)) > 0) printf("%zd %s|", got, long_line);
    free(long_line); fseek(f, 2, SEEK_SET);
    int c = fgetc(f); ungetc(c, f); printf("%d %d %d\\n", c, getc(f), !!feof(f));
    printf("%zu %ld ", fread(line, 3, 5, f), ftell(f)); fseek(f, -3, SEEK_END);
    printf("%zu %d\\n", fread(line, 1, 16, f), !!feof(f)); fclose(f);
    int d = open("NAME", O_RDONLY); got = read(d, line, 5);
    printf("%zd %.*s ", got, (int)got, line);
    printf("%ld %ld ", (long)lseek(d, -4, SEEK_END), (long)read(d, line, 16));
    printf("%d %d\\n", close(d), access("NAME", R_OK)); return 0; }
"""


@pytest.mark.parametrize(
    "content",
    ["one\ntwo three four five six\n\nseven", "", "\n\n\n", "no end", None],
    ids=["lines", "empty", "only ends", "no end", "none"],
)
def test_a_file_is_read_as_it_is(tmp_path: Path, content: str | None) -> None:
    name = tmp_path / "input.txt"
    if content is not None:
        name.write_text(content)
    program = READS.replace("NAME", str(name))
    result = run(program)
    assert result.verdict is Verdict.PASSED
    assert result.output == natively(natively_made(tmp_path, program))
    assert any("the program opens files" in note for note in result.notes)


def test_two_threads_that_share_a_stream_take_a_line_each(tmp_path: Path) -> None:
    name = tmp_path / "input.txt"
    name.write_text("1\n2\n")
    program = (
        "static FILE *f; static int got[2]; static void *r(void *a) { char line[8];"
        "got[1] = atoi(fgets(line, 8, f)); return a; }"
        f'int main(void) {{ f = fopen("{name}", "r"); go(r); char line[8];'
        "got[0] = atoi(fgets(line, 8, f)); done(); fclose(f); assert(got[0] + got[1] == 3);"
    )
    result = run(program + "}")
    assert (result.verdict, result.executions) == (Verdict.PASSED, 2)
    failed = run(program + "assert(got[0] == 1); }")
    assert [failure["kind"] for failure in failed.failures] == ["assertion"]


WRITES = (
    "static FILE *f; static int lines; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;"
    'static void *w(void *a) { LOCK fprintf(f, "%d\\n", ++lines); fputs("x", f); fputc(10, f);'
    " UNLOCK return a; }"
    'int main(void) { f = fopen("NAME", "w"); if (!f) return 1; go(w); w(0); done();'
    " END return fclose(f); }"
)


@pytest.mark.parametrize(
    ("lock", "end", "kinds"),
    [
        ("pthread_mutex_lock(&m);", "", []),
        ("", "", ["data race"]),
        ("pthread_mutex_lock(&m);", "fclose(f);", ["misuse"]),
    ],
    ids=["sound", "no lock", "closed twice"],
)
def test_what_is_written_goes_nowhere(
    tmp_path: Path, lock: str, end: str, kinds: list[str]
) -> None:
    name = tmp_path / "output.txt"
    text = WRITES.replace("UNLOCK", lock.replace("_lock", "_unlock"))
    text = text.replace("LOCK", lock).replace("END", end).replace("NAME", str(name))
    result = run(text)
    assert [failure["kind"] for failure in result.failures] == kinds
    assert not name.exists()


EMPTY = (
    "static int n; static void *r(void *a) { char line[8]; LOCK"
    " while (fgets(line, 8, stdin)) n++; n += feof(stdin) != 0; UNLOCK return a; }"
    "static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;"
    "int main(void) { int v = 0; char c; go(r); r(0); done(); assert(getchar() == EOF);"
    ' assert(scanf("%d", &v) == EOF && read(0, &c, 1) == 0); return n != 2; }'
)


@pytest.mark.parametrize(("lock", "kinds"), [(True, []), (False, ["data race"])])
def test_standard_input_is_empty(lock: bool, kinds: list[str]) -> None:
    text = EMPTY.replace("UNLOCK", "pthread_mutex_unlock(&m);" if lock else "")
    text = text.replace("LOCK", "pthread_mutex_lock(&m);" if lock else "")
    text = text.replace(
        "static int n;", "extern pthread_mutex_t m; static int n;"
    ).replace("static pthread_mutex_t m =", "pthread_mutex_t m =")
    result = run(text)
    assert [failure["kind"] for failure in result.failures] == kinds
    assert any("standard input" in note for note in result.notes)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('FILE *f = fopen("x.tmp", "w+");', 'fopen with mode "w+"'),
        (
            'int d = open("x.tmp", O_RDWR);',
            "open of x.tmp for more than reading or writing",
        ),
        (
            'fopen("x.tmp", "w"); fopen("x.tmp", "r");',
            "the program reads and writes x.tmp",
        ),
        (
            'struct stat s; FILE *f = fopen("x.tmp", "w"); fstat(fileno(f), &s);',
            "the program reads and writes x.tmp",
        ),
        ('fopen("/dev/urandom", "r");', "reading /dev/urandom: only ordinary files"),
        ("static char b[64]; setvbuf(stdout, b, _IOFBF, 64);", "setvbuf with a buffer"),
        ("static char b[9999]; setbuf(stdout, b);", "setbuf with a buffer"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(body: str, message: str) -> None:
    result = run(f"int main(void) {{ {body} return 0; }}")
    assert result.verdict is Verdict.USAGE_ERROR
    (failure,) = result.failures
    assert failure["message"].startswith(message)
    assert failure["where"][0]["function"] == "main"


def test_names_and_texts_in_utf8_are_told_as_they_are_written() -> None:
    result = run(
        '_Atomic int größe; int main(void) { printf("h\\xc3\\xa9\\xf0\\x9f\\x98\\x80\\xff\\n");'
        " assert(größe == 1); }"
    )
    (failure,) = result.failures
    assert "größe == 1" in failure["message"]
    assert "größe" in {
        step.get("name") or step.get("at") for step in failure["trace"]["steps"]
    }
    assert result.output == "hé😀ÿ\n"  # a byte that is no UTF-8 is taken for Latin-1


KINDS = """
int main(void) {
    struct stat s; int e = lstat("NAME", &s); printf("%d %d\\n", e, e ? errno : 0);
    if (!e) printf("%o %ld %ld\\n", s.st_mode, (long)s.st_size, (long)s.st_mtime);
    e = stat("NAME", &s); printf("%d %o\\n", e ? errno : 0, e ? 0 : s.st_mode);
    int fd = open("FILE", O_RDONLY); e = fstat(fd, &s); printf("%d %ld\\n", e, (long)s.st_size);
    return 0; }
"""


@pytest.mark.parametrize("name", ["file", "link", "lost", "nothing", "folder"])
def test_what_a_name_is_outside_it_is_here(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("some text\n")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "lost").symlink_to("gone")
    (tmp_path / "folder").mkdir()
    text = KINDS.replace("NAME", str(tmp_path / name))
    text = text.replace("FILE", str(tmp_path / "file"))
    result = run(text)
    assert result.verdict is Verdict.PASSED
    assert result.output == natively(natively_made(tmp_path, text))
