"""With races allowed, plain accesses are explored like relaxed ones: as many executions."""

from __future__ import annotations

import pytest

from tests.litmus.shapes import SHAPES
from tests.oracle.enumerate import MODELS, consistent_graphs
from tests.oracle.explored import Compiled
from tests.oracle.printer import to_c
from tests.oracle.program import parse
from tests.texts import written

TEXTS = {name: shape.program("relaxed") for name, shape in SHAPES.items()}
NUMBERS = {name: str(number) for number, name in enumerate(TEXTS)}


@pytest.fixture(scope="module")
def plain_shapes() -> Compiled:
    text = to_c([parse(text) for text in TEXTS.values()], plain=True)
    return Compiled(written(text, "shapes.c"))


@pytest.mark.parametrize("name", TEXTS)
def test_a_shape_of_plain_accesses_has_the_relaxed_executions(
    plain_shapes: Compiled, name: str
) -> None:
    consistent = consistent_graphs(parse(TEXTS[name]))
    for model in MODELS:
        result = plain_shapes.result(NUMBERS[name], model, "--races", "allow")
        assert result["executions"] == len(consistent[model]), TEXTS[name]
        assert result["exhausted"]
        assert result["failures"] == 0


@pytest.mark.parametrize("name", [name for name in TEXTS if "||" in TEXTS[name]])
def test_without_allowing_it_every_shape_of_plain_accesses_is_a_race(
    plain_shapes: Compiled, name: str
) -> None:
    for model in MODELS:
        assert plain_shapes.result(NUMBERS[name], model)["failures"] == 1
