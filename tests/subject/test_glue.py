from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Call, Scenario, Subject, UsageError
from heald.building.interfaces import interface
from heald.parsing.fuzz import fuzzer_missing

from .calling import one_call, run_alone

ANY = st.integers()

INTEGERS = {
    # C type: (least, greatest), as seen by an x86-64 or AArch64 Linux compiler
    "signed char": (-(2**7), 2**7 - 1),
    "unsigned char": (0, 2**8 - 1),
    "short": (-(2**15), 2**15 - 1),
    "unsigned short": (0, 2**16 - 1),
    "int": (-(2**31), 2**31 - 1),
    "unsigned": (0, 2**32 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsigned long": (0, 2**64 - 1),
    "long long": (-(2**63), 2**63 - 1),
    "unsigned long long": (0, 2**64 - 1),
    "int8_t": (-(2**7), 2**7 - 1),
    "uint8_t": (0, 2**8 - 1),
    "int16_t": (-(2**15), 2**15 - 1),
    "uint16_t": (0, 2**16 - 1),
    "int32_t": (-(2**31), 2**31 - 1),
    "uint32_t": (0, 2**32 - 1),
    "int64_t": (-(2**63), 2**63 - 1),
    "uint64_t": (0, 2**64 - 1),
    "size_t": (0, 2**64 - 1),
    "ssize_t": (-(2**63), 2**63 - 1),
    "ptrdiff_t": (-(2**63), 2**63 - 1),
    "intptr_t": (-(2**63), 2**63 - 1),
    "uintptr_t": (0, 2**64 - 1),
    "char": (0, 2**7 - 1),
    "own_t": (0, 2**64 - 1),
    "small_t": (-(2**15), 2**15 - 1),
    "enum color": (0, 2**32 - 1),
    "enum level": (-(2**31), 2**31 - 1),
    "color_t": (0, 2**32 - 1),
    "void *": (-(2**63), 2**63 - 1),
    "handle_t": (-(2**63), 2**63 - 1),
}

TYPES = """\
#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <sys/types.h>
typedef unsigned long own_t;
typedef short small_t;
enum color { RED, GREEN };
enum level { LOW = -1, HIGH = 1 };
typedef enum color color_t;
typedef struct opaque *handle_t;
typedef bool flag_t;
"""


def identifier(ctype: str) -> str:
    return ctype.replace(" ", "_").replace("*", "pointer")


def echo_source() -> str:
    functions = [
        f"{t} same_{identifier(t)}({t} x) {{ return x; }}\n"
        f"void give_{identifier(t)}({t} x, {t} *out) {{ *out = x; }}\n"
        f"{t} swap_{identifier(t)}({t} x, {t} *y) {{ {t} z = *y; *y = x; return z; }}"
        for t in [*INTEGERS, "bool", "flag_t"]
    ]
    return TYPES + "\n".join(functions) + "\n"


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    source = tmp_path_factory.mktemp("echo") / "echo.c"
    source.write_text(echo_source())
    ops = {}
    for t in [*INTEGERS, "bool", "flag_t"]:
        i = identifier(t)
        ops[f"same {t}"] = heald.op(f"{t} same_{i}({t} x)", x=ANY)
        ops[f"give {t}"] = heald.op(f"void give_{i}({t} x, {t} *out)", x=ANY)
        ops[f"swap {t}"] = heald.op(f"{t} swap_{i}({t} x, {t} *y)", x=ANY, y=ANY)
    return Subject(source, ops=ops)


@pytest.mark.parametrize("ctype", INTEGERS, ids=identifier)
def test_integer_survives_the_way_through_c(
    echo: Subject, ctype: str, compiler: str
) -> None:
    for value in (*INTEGERS[ctype], 1):
        assert one_call(echo, f"same {ctype}", value, compiler=compiler) == value
        assert one_call(echo, f"give {ctype}", value, compiler=compiler) == value
        swapped = one_call(echo, f"swap {ctype}", value, 1, compiler=compiler)
        assert swapped == (1, value)


@pytest.mark.parametrize("ctype", ["bool", "flag_t"])
def test_bool_comes_back_as_bool(echo: Subject, ctype: str, compiler: str) -> None:
    for value in (False, True):
        assert one_call(echo, f"same {ctype}", value, compiler=compiler) is value
        assert one_call(echo, f"give {ctype}", value, compiler=compiler) is value


@pytest.mark.parametrize(
    "ctype", [t for t in INTEGERS if t not in ("void *", "handle_t")]
)
def test_integer_beyond_its_type_is_refused(echo: Subject, ctype: str) -> None:
    least, most = INTEGERS[ctype]
    for value in (least - 200, most + 200):
        with pytest.raises(UsageError, match=f"{value} does not fit 'x'"):
            one_call(echo, f"same {ctype}", value)


COUNTED = """\
#include <stdlib.h>
struct counted { int *cell; int inits; };
struct own { unsigned number; int calls; };
static int living;
void counted_init(struct counted *c) { c->cell = calloc(1, sizeof(int)); c->inits += 1; living++; }
int counted_fini(struct counted *c) { free(c->cell); living--; return 0; }
void own_init(struct counted *c, struct own *o, unsigned n) { o->number = n; *c->cell += 100; }
void own_fini(struct own *o) { o->number = 0; }
int bump(struct counted *c, struct own *o, int by) { o->calls++; return *c->cell += by; }
void who(struct own *o, const struct counted *c, unsigned *number, int *calls)
{ (void)c; *number = o->number; *calls = o->calls; }
int alive(void) { return living; }
int positive(const struct counted *c) { return *c->cell > 0; }
"""


@pytest.fixture
def counted(tmp_path: Path) -> Subject:
    source = tmp_path / "counted.c"
    source.write_text(COUNTED)
    return Subject(
        source,
        state="struct counted",
        init="void counted_init(struct counted *)",
        fini="int counted_fini(struct counted *)",
        local="struct own",
        local_init="void own_init(struct counted *, struct own *, unsigned n)",
        local_fini="void own_fini(struct own *)",
        is_valid="int positive(const struct counted *)",
        ops={
            "bump": heald.op("int bump(struct counted *, struct own *, int by)", by=ANY),
            "who": heald.op(
                "void who(struct own *, const struct counted *, unsigned *number, int *calls)"
            ),
            "alive": heald.op("int alive(void)"),
        },
    )


def test_state_local_state_and_their_hooks_are_called(
    counted: Subject, compiler: str
) -> None:
    who, alive = Call("who"), Call("alive")
    scenario = Scenario(
        before=(alive, who),
        threads=(
            (Call("bump", (1,)), who),
            (Call("bump", (2,)), Call("bump", (3,)), who),
        ),
        after=(who, alive),
    )
    # three locals (before and after, two threads) were made, each adding 100
    assert run_alone(counted, scenario, compiler=compiler) == (
        (1, (0, 0)),
        (301, (1, 1)),
        (303, 306, (2, 2)),
        ((0, 0), 1),
    )


def test_invariant_is_in_the_table(counted: Subject) -> None:
    ffi = interface("subject")
    table = counted.build().load().heald_subject
    cell = ffi.new("int *", 7)
    state = ffi.new("char[]", table.state_size)
    ffi.cast("int **", state)[0] = cell
    assert table.is_valid(state) == 1
    cell[0] = 0
    assert table.is_valid(state) == 0


def test_header_with_inline_functions_is_a_subject(tmp_path: Path, compiler: str) -> None:
    header = tmp_path / "adder.h"
    header.write_text(
        "struct adder { int sum; };\n"
        "static inline int add(struct adder *a, int by) { return a->sum += by; }\n"
        "static inline void nothing(void) { }\n"
    )
    adder = Subject(
        header,
        state="struct adder",
        ops={
            "add": heald.op("int add(struct adder *, int by)", by=ANY),
            "nothing": heald.op("void nothing(void)"),
        },
    )
    scenario = Scenario(
        threads=((Call("add", (3,)), Call("nothing"), Call("add", (4,))),)
    )
    assert run_alone(adder, scenario, compiler=compiler)[1] == (3, None, 7)


def test_state_defined_in_a_header_and_code_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "pair.h").write_text("struct pair { int one, two; };\n")
    for name in ("one", "two"):
        (tmp_path / f"{name}.c").write_text(
            '#include "pair.h"\n'
            f"int set_{name}(struct pair *p, int v) {{ return p->{name} = v; }}\n"
        )
    pair = Subject(
        tmp_path / "one.c",
        tmp_path / "two.c",
        headers=[tmp_path / "pair.h"],
        state="struct pair",
        ops={
            n: heald.op(f"int set_{n}(struct pair *, int v)", v=ANY)
            for n in ("one", "two")
        },
    )
    assert one_call(pair, "one", 5) == 5
    assert one_call(pair, "two", 6) == 6


def test_state_that_is_one_atomic(tmp_path: Path, compiler: str) -> None:
    source = tmp_path / "atomic.c"
    source.write_text(
        "#include <stdatomic.h>\n"
        "int next(atomic_int *a) { return atomic_fetch_add(a, 1); }\n"
        "int swap(_Atomic int *a, int *seen, int to)\n"
        "{ return atomic_compare_exchange_strong(a, seen, to); }\n"
    )
    atomic = Subject(
        source,
        state="atomic_int",
        ops={
            "next": heald.op("int next(atomic_int *)"),
            "swap": heald.op(
                "int swap(atomic_int *, int *seen, int to)", seen=ANY, to=ANY
            ),
        },
    )
    calls = (Call("next"), Call("swap", (5, 9)), Call("swap", (1, 9)), Call("next"))
    outcome = run_alone(atomic, Scenario(threads=(calls,)), compiler=compiler)
    assert outcome[1] == (0, (0, 1), (1, 1), 9)


@pytest.mark.parametrize("flavour", ["native-O0", "native-O3", "explored", "checked"])
def test_every_flavour_compiles(counted: Subject, flavour: str, compiler: str) -> None:
    if (flavour, compiler) == ("checked", "clang") and fuzzer_missing():
        pytest.skip(str(fuzzer_missing()))
    assert counted.build(flavour, compiler=compiler).path.is_file()


def symbols(path: Path) -> set[bytes]:
    return {word for word in path.read_bytes().split(b"\0") if word.startswith(b"__tsan")}


def test_explored_flavour_calls_the_hooks_and_never_links_libtsan(
    counted: Subject, compiler: str
) -> None:
    path = counted.build("explored", compiler=compiler).path
    assert b"__tsan_read4" in symbols(path)
    assert b"libtsan" not in path.read_bytes()
    assert not symbols(counted.build("native", compiler=compiler).path)


def test_static_function_is_named_when_linking_fails(tmp_path: Path) -> None:
    source = tmp_path / "hidden.c"
    source.write_text(
        "static int hidden(void) { return 1; }\nint shown(void) { return hidden(); }\n"
    )
    subject = Subject(source, ops={"hidden": heald.op("int hidden(void)")})
    with pytest.raises(UsageError) as caught:
        subject.build()
    assert "no external function hidden in hidden.c: is it static" in str(caught.value)
