import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Call, Subject, UsageError

OPS = {
    "push": heald.op("void push(struct s *, int value)", value=st.integers(0, 9)),
    "pop": heald.op("int pop(struct s *)"),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "stack.c"
    path.write_text("struct s { int x; };\n")
    return path


def test_sources_are_relative_to_the_file_that_makes_the_subject(tmp_path: Path) -> None:
    (tmp_path / "here.c").touch()
    (tmp_path / "module.py").write_text(
        "import heald\n"
        "s = heald.Subject('here.c', ops={'f': heald.op('void f(void)')})\n"
        "v = s.with_changes('other', sources=['here.c'])\n"
        "print(s.sources[0], v.sources[0])\n"
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "module.py"],
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    assert done.stdout.split() == [str(tmp_path / "here.c")] * 2


def test_paths_in_options_start_where_the_python_file_is(tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "number.h").write_text("#define NUMBER 7\n")
    (tmp_path / "n.c").write_text(
        "#include <number.h>\nint number(void) { return NUMBER; }\n"
    )
    (tmp_path / "module.py").write_text(
        "import heald\n"
        "s = heald.Subject('n.c', cflags=['-Iinclude'],\n"
        "                  ops={'number': heald.op('int number(void)')})\n"
        "from heald.building.build import inputs_of\n"
        "print([p.name for p in inputs_of(s.build().path)].count('number.h'))\n"
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "module.py"],
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    assert done.stdout.split() == ["1"]


def test_missing_source_is_named_with_where_it_was_looked_for() -> None:
    with pytest.raises(UsageError) as caught:
        Subject("absent.c", ops=OPS)
    here = Path(__file__).with_name("absent.c")
    assert str(caught.value) == f"absent.c: no such file; looked for {here}"


def test_source_in_another_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ring.zig").touch()
    with pytest.raises(UsageError, match=r"ring\.zig: sources are C, C\+\+ or Rust"):
        Subject(tmp_path / "ring.zig", ops=OPS)


def test_name_is_the_files_own_or_given_with_the_variant(source: Path) -> None:
    subject = Subject(source, state="struct s", ops=OPS)
    assert subject.name == "stack"
    assert Subject(
        source, name="lifo", variant="plain", state="struct s", ops=OPS
    ).name == ("lifo/plain")


def test_variant_adds_to_what_the_subject_has(source: Path) -> None:
    subject = Subject(
        source, state="struct s", ops=OPS, defines={"A": 1, "B": None}, cflags=["-O1"]
    )
    variant = subject.with_changes(
        "relaxed", expected="flawed", defines={"A": 2}, cflags=["-DX"], shown_here="no"
    )
    assert variant.name == "stack/relaxed"
    assert variant.sound is False
    assert variant.defines == {"A": 2, "B": None}
    assert variant.cflags == ("-O1", "-DX")
    assert variant.shown_here == "no"
    assert (subject.sound, subject.variant, subject.defines["A"]) == (None, None, 1)


def test_with_defines_is_short_for_one_kind_of_change(source: Path) -> None:
    subject = Subject(source, state="struct s", ops=OPS)
    assert subject.with_defines("fast", expected="sound", FAST=None).defines == {
        "FAST": None
    }


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ops": {}}, "a subject needs operations"),
        (
            {"init": "void init(struct t *)"},
            "init: nothing is known to pass for 'struct t \\*'",
        ),
        ({"init": "void init("}, "init: the declaration ends too early"),
        (
            {"local_init": "void f(struct s *, double d)"},
            "local_init: double is floating",
        ),
        ({"is_valid": "void ok(struct s *)"}, "is_valid must return an integer or bool"),
        ({"before": ["peek"]}, "before= names operation 'peek'; there are push, pop"),
        ({"after": ["push"]}, "after= has push\\(\\), but push takes 1 arguments"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_description_that_does_not_fit_is_refused(
    source: Path, more: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        Subject(source, **{"state": "struct s", "ops": OPS, **more})  # type: ignore[arg-type]


def test_subject_without_source_is_refused() -> None:
    with pytest.raises(UsageError, match="a subject needs a source file; got none"):
        Subject(ops=OPS)


def test_calls_of_the_description_may_have_arguments(source: Path) -> None:
    subject = Subject(
        source, state="struct s", ops=OPS, before=[Call("push", (1,))], after=["pop"]
    )
    assert subject.before == (Call("push", (1,)),)
    assert subject.after == (Call("pop"),)


def test_roles_stand_in_the_order_of_the_operations(source: Path) -> None:
    ops = {
        "put": heald.op("void put(struct s *)", role="producer"),
        "get": heald.op("int get(struct s *)", role="consumer"),
        "size": heald.op("int size(struct s *)"),
        "put2": heald.op("void put2(struct s *)", role="producer"),
    }
    assert Subject(source, state="struct s", ops=ops).roles == ("producer", "consumer")


def test_subject_without_a_model_says_so_when_asked(source: Path) -> None:
    with pytest.raises(UsageError, match="stack has no model to say what is allowed"):
        _ = Subject(source, state="struct s", ops=OPS).machine


def test_importing_heald_loads_none_of_the_heavy_packages() -> None:
    program = (
        "import sys, heald; heald.Verdict; "
        "print([m for m in ('hypothesis', 'cffi', 'pycparser', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in heald.__all__:
        assert getattr(heald, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = heald.nothing
