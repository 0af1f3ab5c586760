"""What library calls read and write for the program, and what they give back.

Each call is compared with the real library: the program runs natively and in the explorer, and
must print the same, for arguments drawn at random. That an access is seen is shown by a race on it.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict

HEAD = """
#define _GNU_SOURCE
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>
__attribute__((unused)) static int bytes(const void *a, const void *b) {
    return *(const char *)a - *(const char *)b;
}
"""

#: A call that reads or writes `m`, which another thread writes meanwhile.
ACCESSES = {
    "printf %s": 'printf("%s", m);',
    "printf %.*s": 'printf("%.*s", 2, m);',
    "fprintf %s after others": 'fprintf(stdout, "%d %g %ld %s", 1, 2.0, 3L, m);',
    "snprintf %s": 'char o[9]; snprintf(o, 9, "%s", m);',
    "sprintf into it": 'sprintf(m, "%d", 7);',
    "%n": 'int *n = (int *)(void *)m; char o[9]; snprintf(o, 9, "x%n", n);',
    "a format": "printf(m);",
    "puts": "puts(m);",
    "fputs": "fputs(m, stdout);",
    "fwrite": "fwrite(m, 1, 2, stdout);",
    "perror": "perror(m);",
    "strtol": "strtol(m, 0, 10);",
    "strtol's end": 'strtol("12", (char **)(void *)m, 10);',
    "strtod": "strtod(m, 0);",
    "atoi": "atoi(m);",
    "sscanf's text": 'int x; sscanf(m, "%d", &x);',
    "sscanf's result": 'sscanf("abc", "%3s", m);',
    "strdup": "free(strdup(m));",
    "strtok_r": 'char *p; strtok_r(m, ",", &p);',
    "strspn": 'if (strspn(m, "a") > 9) abort();',
    "strpbrk": 'if (strpbrk("xyz", m)) abort();',
    "memchr": "if (memchr(m, 'x', 4)) abort();",
    "memmem": 'if (memmem("abcd", 4, m, 1)) abort();',
    "frexp": "frexp(8.0, (int *)(void *)m);",
    "gmtime_r": "time_t t = 0; gmtime_r(&t, (struct tm *)(void *)m);",
    "asprintf": 'char *o; if (asprintf(&o, "%s", m) > 0) free(o);',
    "getenv": "getenv(m);",
    "frexpl": "frexpl(8.0L, (int *)(void *)m);",
    "modfl": "modfl(2.5L, (long double *)(void *)m);",
    "lgamma_r": "lgamma_r(2.5, (int *)(void *)m);",
    "sincosf": "float c; sincosf(2.5f, (float *)(void *)m, &c);",
    "remquof": "remquof(5, 3, (int *)(void *)m);",
    "nan": "volatile double d = nan(m); (void)d;",
    "thread attributes": "pthread_attr_init((pthread_attr_t *)(void *)m);",
    "their reading": "size_t s; pthread_attr_getstacksize((pthread_attr_t *)(void *)m, &s);",
    "mutex attributes": "pthread_mutexattr_settype((pthread_mutexattr_t *)(void *)m, 1);",
    "their use": "pthread_mutex_t l; pthread_mutex_init(&l, (pthread_mutexattr_t *)(void *)m);",
    "a thread's name": "pthread_setname_np(pthread_self(), m);",
    "the locale": "setlocale(LC_ALL, m);",
    "wctype": "wctype(m);",
    "a sleep": "nanosleep((struct timespec *)(void *)m, 0);",
    "a deadline": "sem_t s; sem_init(&s, 0, 1); sem_timedwait(&s, (struct timespec *)(void *)m);",
    "a lock's deadline": "pthread_mutex_t l = PTHREAD_MUTEX_INITIALIZER;"
    "pthread_mutex_timedlock(&l, (struct timespec *)(void *)m);",
    "qsort": "qsort(m, 3, 1, bytes);",
    "strtok": 'strtok(m, ",");',
    "gmtime's argument": "gmtime((time_t *)(void *)m);",
    "asctime's argument": "asctime((struct tm *)(void *)m);",
    "setjmp": "if (setjmp(*(jmp_buf *)(void *)m)) abort();",
    "wcscpy": 'wcscpy((wchar_t *)(void *)m, L"ab");',
    "mbstowcs": "wchar_t o[9]; mbstowcs(o, m, 9);",
    "strxfrm": "char o[9]; strxfrm(o, m, 9);",
}

RACE = """
static char m[512] __attribute__((aligned(16)));
static void *writes(void *p) {{ volatile char *at = m; at[0] = '7'; return p; }}
int main(void) {{
    pthread_t t;
    strcpy(m, "1,2");
    pthread_create(&t, 0, writes, 0);
    {join}
    {{ {call} }}
    {later}
}}
"""

FLAGS = ("-Wno-format-security", "-fno-builtin")


def run(folder: Path, text: str, **options: Any) -> CheckResult:
    path = folder / "program.c"
    path.write_text(HEAD + text)
    return check([path], budget_s=20, cflags=(*FLAGS, "-lm"), **options)


@pytest.mark.parametrize("name", ACCESSES)
def test_what_a_call_reads_or_writes_may_race(name: str, tmp_path: Path) -> None:
    join = "pthread_join(t, 0);"
    racing = RACE.format(call=ACCESSES[name], join="", later=join)
    assert [f["kind"] for f in run(tmp_path, racing).failures] == ["data race"]
    ordered = RACE.format(call=ACCESSES[name], join=join, later="")
    assert run(tmp_path, ordered).failures == []


#: Calls that must do what the real ones do: {t} is a text, {u} another, {n} a small number.
SAME = [
    'char *e; errno = 0; long v = strtol("{t}", &e, {n}); P("%ld %s %d", v, e, errno);',
    'char *e; unsigned long v = strtoul("{t}", &e, 0); P("%lu %s", v, e);',
    'char *e; double v = strtod("{t}", &e); P("%g %s", v, e);',
    'P("%d %ld %lld %g", atoi("{t}"), atol("{t}"), atoll("{t}"), atof("{t}"));',
    'char s[99] = "{t}", *p; for (char *q = strtok_r(s, "{u}", &p); q; q = strtok_r(0, "{u}", &p)) P("%s|", q);',
    'char s[99] = "{t}", *p = s, *q; while ((q = strsep(&p, "{u}"))) P("%s|", q);',
    'P("%zu %zu", strspn("{t}", "{u}"), strcspn("{t}", "{u}")); char *f = strpbrk("{t}", "{u}"); P(" %s", f ? f : "-");',
    'int a = -1, b = -1, k = -1; char s[99] = "-"; int r = sscanf("{t}", "%d%2s%n%x", &a, s, &k, &b); P("%d %d %s %d %d", r, a, s, k, b);',
    'char s[99] = "-", u[99] = "-"; int r = sscanf("{t}", "%[0-9a ]%*c%98s", s, u); P("%d %s %s", r, s, u);',
    'char s[8]; int r = snprintf(s, {n} % 8 + 1, "%s-%.*s-%5d", "{t}", 2, "{u}", {n}); P("%d %s", r, s);',
    'char *f = strstr("{t}", "{u}"); P("%s %d", f ? f : "-", strcasecmp("{t}", "{u}") > 0);',
    'char s[99]; stpcpy(stpncpy(s, "{t}", 3) - 0, "{u}"); P("%s", s);',
    'char s[99] = "{t}"; strncat(s, "{u}", {n}); P("%s %d", s, strncasecmp(s, "{u}", {n}) < 0);',
    'char *f = memrchr("{t}", \'1\', strlen("{t}")); P("%s", f ? f : "-");',
    'char *f = memmem("{t}", strlen("{t}"), "{u}", strlen("{u}")); P("%s", f ? f : "-");',
    'char s[99]; char *f = memccpy(s, "{t}", \'1\', strlen("{t}") + 1); P("%td", f ? f - s : -1);',
    'int e; double i; double f = frexp({n}.5, &e), g = modf({n}.25, &i); P("%g %d %g %g", f, e, g, i);',
    'time_t t = {n} * 86399L; struct tm d; char s[99]; gmtime_r(&t, &d); strftime(s, 99, "%F %T {n}", &d); P("%s %ld", s, (long)timegm(&d));',
    'int v[] = {{{n}, 3, 1, 2}}; qsort(v, 4, 4, up); P("%d %d %d %d %d", v[0], v[1], v[2], v[3], bsearch(&v[2], v, 4, 4, up) != 0);',
    'char *o; P("%d ", asprintf(&o, "%s%d", "{t}", {n})); P("%s", o); free(o);',
]
DRIVER = """
#define P(...) printf(__VA_ARGS__)
__attribute__((unused)) static int up(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}
"""


#: What two threads share without an argument: the place or the result that a call keeps.
KEPT = {
    "strtok": 'strtok(mine, ",");',
    "gmtime": "gmtime(&(time_t){0});",
    "localtime": "localtime(&(time_t){0});",
    "asctime": "asctime(&(struct tm){.tm_mday = 1});",
    "ctime": "ctime(&(time_t){0});",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_a_call_keeps_is_shared_by_all_threads(name: str, tmp_path: Path) -> None:
    act = f'char mine[9] = "1,2"; (void)mine; {KEPT[name]}'
    text = (
        f"static void *f(void *p) {{ LOCK; {act} UNLOCK; return p; }} int main(void) {{ "
        "pthread_t t; pthread_create(&t, 0, f, 0); f(0); pthread_join(t, 0); }"
    )
    free = "\n#define LOCK\n#define UNLOCK\n"
    assert [f["kind"] for f in run(tmp_path, free + text).failures] == ["data race"]
    held = (
        "\nstatic pthread_mutex_t l = PTHREAD_MUTEX_INITIALIZER;"
        "\n#define LOCK pthread_mutex_lock(&l)\n#define UNLOCK pthread_mutex_unlock(&l)\n"
    )
    assert run(tmp_path, held + text).failures == []


#: Everyday programs that print the same wherever they run.
WHOLE = {
    "a jump out": "static jmp_buf b; static void f(int n) { if (n == 3) longjmp(b, n); f(n + 1); }"
    'int main(void) { int n = setjmp(b); if (!n) f(0); printf("%d\\n", n); }',
    "a jump with signals": "static sigjmp_buf b; int main(void) { volatile int n = 0;"
    'if (sigsetjmp(b, 1) < 3) siglongjmp(b, ++n); printf("%d\\n", n); }',
    "handlers": 'static void say(void *t) { printf("%s\\n", (char *)t); }'
    'static void deep(void) { pthread_cleanup_push(say, "inner"); pthread_exit("left"); pthread_cleanup_pop(0); }'
    'static void *f(void *p) { pthread_cleanup_push(say, "outer"); if (p) deep(); pthread_cleanup_pop(1); return "end"; }'
    "int main(void) { for (int i = 0; i < 2; i++) { pthread_t t; void *r; "
    'pthread_create(&t, 0, f, i ? "x" : 0); pthread_join(t, &r); say(r); } }',
    "attributes": "static void *f(void *p) { return p; } int main(void) { pthread_attr_t a; size_t s; int d;"
    "pthread_attr_init(&a); pthread_attr_setstacksize(&a, 1 << 20); pthread_attr_getstacksize(&a, &s);"
    "pthread_attr_getdetachstate(&a, &d); pthread_t t; pthread_create(&t, &a, f, 0); pthread_join(t, 0);"
    'pthread_attr_destroy(&a); printf("%zu %d\\n", s, d); }',
    "words": 'int main(void) { char s[] = "a b  c"; for (char *w = strtok(s, " "); w; w = strtok(0, " ")) '
    'printf("%s|", w); puts(""); }',
    "dates": 'int main(void) { time_t t = 86400L * 365; printf("%s", ctime(&t)); printf("%s", asctime(gmtime(&t)));'
    'printf("%d\\n", localtime(&t)->tm_year); }',
    "wide": 'int main(void) { wchar_t w[20]; wcscpy(w, L"ab"); wcscat(w, L"cd"); char s[9];'
    'printf("%zu %zu %s %d\\n", wcslen(w), wcstombs(s, w, 9), s, wcsncmp(w, L"abx", 2)); }',
    "locale": 'int main(void) { printf("%s %s\\n", setlocale(LC_ALL, ""), setlocale(LC_ALL, "xx_YY") ? "?" : "none"); }',
}


@pytest.mark.parametrize("name", WHOLE)
def test_everyday_programs_print_what_they_print(name: str, tmp_path: Path) -> None:
    result = run(tmp_path, WHOLE[name])
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)
    native = tmp_path / "native"
    command = ["gcc", *FLAGS, "-w", "-o", native, tmp_path / "program.c", "-lm"]
    subprocess.run(command, check=True)
    environment = {"LC_ALL": "C", "TZ": "UTC"}
    done = subprocess.run([native], capture_output=True, text=True, env=environment)
    assert result.output.splitlines() == done.stdout.splitlines()


def drawn_text(draw: random.Random) -> str:
    return "".join(draw.choice("0123 -+xaf.,;1") for _ in range(draw.randrange(9)))


@pytest.mark.parametrize("seed", range(4))
def test_calls_do_what_the_real_ones_do(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    body = []
    for _ in range(3):
        for call in SAME:
            line = call.format(
                t=drawn_text(draw), u=drawn_text(draw)[:3], n=draw.choice((0, 8, 10, 16))
            )
            body.append(f'{{ {line} P("\\n"); }}')
    text = DRIVER + "int main(void) {\n" + "\n".join(body) + "\n}"
    result = run(tmp_path, text)
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)
    native = tmp_path / "native"
    source = tmp_path / "program.c"
    subprocess.run(["gcc", *FLAGS, "-o", native, source, "-lm"], check=True)
    real = subprocess.run([native], capture_output=True, text=True, check=True).stdout
    assert result.output.splitlines() == real.splitlines()


VARIABLES = """
#include <getopt.h>
extern char **environ;
int main(void) {
    assert(optind == 1 && opterr == 1 && optopt == '?' && !optarg);
    assert(environ && !*environ && stdout && stderr && stdin);
    assert(timezone == 0 && daylight == 0 && !strcmp(tzname[0], "UTC"));
    assert(!strcmp(program_invocation_name, "program"));
    optind = 5;
    assert(optind == 5);
}
"""


def test_variables_of_the_library_have_their_values(tmp_path: Path) -> None:
    result = run(tmp_path, VARIABLES)
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)


def test_variables_of_the_library_are_memory_like_any_other(tmp_path: Path) -> None:
    """They race, and an execution finds what the program set, not the one before."""
    result = run(
        tmp_path,
        "static void *f(void *p) { optind = 3; return p; }"
        "int main(void) { assert(optind == 1); pthread_t t; pthread_create(&t, 0, f, 0);"
        " optind = 2; pthread_join(t, 0); }",
    )
    assert [failure["kind"] for failure in result.failures] == ["data race"]
    steps = result.failures[0]["trace"]["steps"]
    assert "optind" in {step.get("at", "").split("+")[0] for step in steps}
    sound = run(
        tmp_path,
        "#include <stdatomic.h>\nstatic atomic_int n;"
        "static void *f(void *p) { n++; return p; }"
        "int main(void) { assert(optind == 1); optind = 2; pthread_t t;"
        " pthread_create(&t, 0, f, 0); n++; (void)n; pthread_join(t, 0); }",
    )
    assert sound.failures == []
    assert sound.executions > 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('return getenv("X") != 0;', "environment variables"),
        ("return rand() == 0;", "random numbers"),
        ("return time(0) == 0;", "the clock"),
    ],
)
def test_what_has_one_answer_here_is_noted(text: str, words: str, tmp_path: Path) -> None:
    result = run(tmp_path, f"int main(void) {{ {text} }}")
    assert result.verdict is Verdict.PASSED
    assert [note for note in result.notes if words in note] == result.notes != []
