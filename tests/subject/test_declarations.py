import pytest

from heald import UsageError
from heald.subject.declarations import ACCEPTED, parse_declaration, parse_type


@pytest.mark.parametrize(
    ("text", "kind", "bits", "signed"),
    [
        ("_Bool", "bool", 1, False),
        ("bool", "bool", 1, False),
        ("signed char", "integer", 8, True),
        ("unsigned char", "integer", 8, False),
        ("short", "integer", 16, True),
        ("unsigned short int", "integer", 16, False),
        ("int", "integer", 32, True),
        ("unsigned", "integer", 32, False),
        ("const int", "integer", 32, True),
        ("long long", "integer", 64, True),
        ("long unsigned long int", "integer", 64, False),
        ("int8_t", "integer", 8, True),
        ("uint64_t", "integer", 64, False),
        ("char", "named", 0, True),
        ("value_t", "named", 0, True),
        ("enum color", "named", 0, True),
    ],
)
def test_scalar_types_are_understood(
    text: str, kind: str, bits: int, signed: bool
) -> None:
    ctype = parse_declaration(f"void f({text} x)").parameters[0].type
    assert (ctype.kind, ctype.bits, ctype.signed) == (kind, bits, signed)


def test_declaration_may_span_lines_and_end_in_a_semicolon() -> None:
    parsed = parse_declaration("  int stack_pop(struct stack *,\n      int *out);\n")
    assert parsed.name == "stack_pop"
    assert [p.name for p in parsed.parameters] == [None, "out"]


@pytest.mark.parametrize("text", ["void f(void)", "void f()"])
def test_no_parameters(text: str) -> None:
    assert parse_declaration(text).parameters == ()


@pytest.mark.parametrize(
    ("text", "target", "const"),
    [
        ("struct stack *s", "struct stack", False),
        ("const struct stack *s", "struct stack", True),
        ("stack_t *s", "stack_t", False),
        ("_Atomic int *s", "_Atomic int", False),
        ("void *s", "void", False),
        ("int **s", "int *", False),
        ("unsigned long int *restrict s", "unsigned long", False),
    ],
)
def test_pointers_keep_what_they_point_to(text: str, target: str, const: bool) -> None:
    ctype = parse_declaration(f"void f({text})").parameters[0].type
    assert (ctype.kind, ctype.text, ctype.const) == ("pointer", target, const)


@pytest.mark.parametrize(
    ("text", "what", "marked"),
    [
        ("struct pair f(int x)", "struct pair is passed by value", "pair"),
        ("int f(int x, union u v)", "union u is passed by value", "u v"),
        ("int f(double x)", "double is floating point", "double"),
        ("int f(int a[3])", "an array cannot be passed", "a[3]"),
    ],
    ids=["struct", "union", "double", "array"],
)
def test_refusals_point_at_the_place(text: str, what: str, marked: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_declaration(text)
    lines = str(caught.value).splitlines()
    assert lines[:2] == [what, f"    {text}"]
    assert lines[3] == ACCEPTED
    assert text[lines[2].index("^") - 4 :].startswith(marked)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("int f(int,", "the declaration ends too early"),
        ("int f(int, ...)", "variable arguments cannot be called"),
        ("int x", "this declares no function"),
        ("int f(void) { return 1; }", "exactly one C declaration is needed here"),
        ("", "exactly one C declaration is needed here"),
        ("int f(void); int g(void)", "exactly one C declaration is needed here"),
        ("int f(int @)", "not a C declaration"),
        ("int f(int (*g)(int))", "only plain pointers can be passed"),
    ],
)
def test_what_is_no_plain_function_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        parse_declaration(text)


def test_state_may_be_a_structure() -> None:
    assert parse_type("struct stack").kind == "struct"
    assert parse_type("atomic_int").kind == "named"
