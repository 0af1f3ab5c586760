import pytest
from hypothesis import strategies as st

from heald import UsageError, op
from heald.subject.operation import BoundOperation, Place, bind

VALUE = st.integers(0, 9)


def bound(
    signature: str, *, state: str | None = "struct s", **more: object
) -> BoundOperation:
    return bind("call", 0, op(signature, **more), state=state, local="struct own")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signature", "given", "places"),
    [
        ("int f(struct s *, int *out)", {}, [Place.STATE, Place.OUT]),
        ("void f(struct own *, struct s *)", {}, [Place.LOCAL, Place.STATE]),
        ("void f(const struct s *, int x)", {"x": VALUE}, [Place.STATE, Place.ARGUMENT]),
        ("void f(struct s *, int *x)", {"x": VALUE}, [Place.STATE, Place.IN_OUT]),
        ("void f(struct s *, void *x)", {"x": VALUE}, [Place.STATE, Place.ARGUMENT]),
        ("void f(struct s *, void **x)", {}, [Place.STATE, Place.OUT]),
        ("void f(void)", {}, []),
    ],
)
def test_every_parameter_has_its_place(
    signature: str, given: dict[str, object], places: list[Place]
) -> None:
    assert [slot.place for slot in bound(signature, args=given).slots] == places


def test_argument_without_a_strategy_is_refused() -> None:
    with pytest.raises(UsageError, match="argument 'value' has no strategy") as caught:
        bound("void push(struct s *, int value)")
    assert "add value=st.integers(0, 9)" in str(caught.value)


def test_strategy_for_no_parameter_is_refused() -> None:
    with pytest.raises(UsageError, match="push has no parameter named 'valeu'"):
        op("void push(struct s *, int value)", valeu=VALUE)


def test_pointer_to_an_unknown_structure_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing is known to pass for 'n'"):
        bound("void f(struct s *, struct node *n)")


def test_second_pointer_to_the_state_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing is known to pass for 'other'"):
        bound("void f(struct s *, struct s *other)")


def test_unknown_moment_is_refused() -> None:
    with pytest.raises(UsageError, match="when='between': accepted are"):
        op("void f(void)", when="between")


@pytest.mark.parametrize(
    ("signature", "slots", "result"),
    [
        ("void f(void)", [], None),
        ("int f(void)", [-3], -3),
        ("_Bool f(void)", [1], True),
        ("uint64_t f(void)", [-1], 2**64 - 1),
        ("int f(int *out)", [1, 7], (1, 7)),
        ("void f(int *a, bool *b)", [5, 0], (5, False)),
    ],
)
def test_slots_become_results(signature: str, slots: list[int], result: object) -> None:
    assert bound(signature).decode(slots) == result


def test_result_function_gets_the_return_value_then_the_out_parameters() -> None:
    pop = bound(
        "int pop(struct s *, int *out)", result=lambda ok, out: out if ok else None
    )
    assert pop.decode([1, 7]) == 7
    assert pop.decode([0, 7]) is None


def test_failing_result_function_is_the_users_error() -> None:
    pop = bound("int pop(struct s *, int *out)", result=lambda ok: ok)
    with pytest.raises(
        UsageError, match="result= of operation 'call' failed on \\(1, 7\\)"
    ):
        pop.decode([1, 7])
