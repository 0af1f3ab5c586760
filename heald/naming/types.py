"""Types as debugging information gives them: sizes, members, elements, enumerators.

A type is read when somebody asks for it: types refer to each other in circles
(``struct node`` has a pointer to ``struct node``), and most are never asked for.
Source: DWARF 5, sections 5.1 (base types) to 5.9 (subranges).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

_THROUGH = frozenset(
    f"DW_TAG_{word}"
    for word in (
        *("typedef", "const_type", "volatile_type", "atomic_type", "restrict_type"),
        "immutable_type",
    )
)
_AGGREGATES = frozenset({"DW_TAG_structure_type", "DW_TAG_class_type"})
_SIGNED = frozenset({0x05, 0x06, 0x0D})  # DW_ATE_signed, signed_char, signed_fixed
_BOOLEAN, _FLOAT = 0x02, 0x04
_POINTER_BYTES = 8

#: What libraries define: a lock is a lock, whatever is inside.
_OPAQUE = ("pthread_", "sem_t", "mtx_t", "cnd_t", "once_flag", "thrd_t")


@dataclass(frozen=True)
class Member:
    """A member of a structure: its name, empty for one without; where it begins."""

    name: str
    offset: int
    type: Type


class Type:
    """One type, seen through typedefs and qualifiers."""

    def __init__(self, die: Any) -> None:
        self.alias = ""
        while die is not None and die.tag in _THROUGH:
            self.alias = self.alias or text_of(die, "DW_AT_name")
            die = _type_die(die)
        self._die = die

    @property
    def key(self) -> object:
        """Equal for two views of one type."""
        return None if self._die is None else (self.word, self.size, self.plain_name)

    @property
    def tag(self) -> str:
        """``structure_type`` and the like; ``void`` where there is none."""
        if self._die is None:
            return "void"
        tag = str(self._die.tag).removeprefix("DW_TAG_")
        return "structure_type" if tag == "class_type" else tag

    @property
    def plain_name(self) -> str:
        """Its name without the word before it; empty for one without a name."""
        return text_of(self._die, "DW_AT_name") or self.alias

    @property
    def word(self) -> str:
        """``struct``, ``union``, ``enum`` in C, where it is part of the name."""
        words = {"structure_type": "struct ", "union_type": "union "}
        named = text_of(self._die, "DW_AT_name") if self._die is not None else ""
        return words.get(self.tag, "") if named and self._is_c else ""

    @property
    def name(self) -> str:
        """As the author writes it: ``struct node``, ``node_t``, ``unsigned int``."""
        if self.is_pointer:
            return f"{self.target.name} *"
        return self.alias or f"{self.word}{self.plain_name}"

    @cached_property
    def _is_c(self) -> bool:
        top = self._die.cu.get_top_DIE().attributes
        language = top["DW_AT_language"].value if "DW_AT_language" in top else 0
        return language in (0x01, 0x02, 0x0C, 0x1D, 0x2C)  # C89, C, C99, C11, C17

    @cached_property
    def size(self) -> int:
        """In bytes; 0 where it is not known."""
        if self.tag == "array_type":
            return self.target.size * self.count
        if self.is_pointer:
            return _POINTER_BYTES
        return number_of(self._die, "DW_AT_byte_size")

    @property
    def is_declared_only(self) -> bool:
        """Whether its inside is not known here: another file defines it."""
        return self._die is not None and "DW_AT_declaration" in self._die.attributes

    @property
    def is_pointer(self) -> bool:
        """Whether its values are addresses."""
        return self.tag in ("pointer_type", "reference_type", "rvalue_reference_type")

    @property
    def is_signed(self) -> bool:
        """Whether its values may be less than nothing."""
        return number_of(self._die, "DW_AT_encoding") in _SIGNED

    @property
    def is_boolean(self) -> bool:
        """Whether it is either true or false."""
        return number_of(self._die, "DW_AT_encoding") == _BOOLEAN

    @property
    def is_float(self) -> bool:
        """Whether its bytes are a floating-point number."""
        return number_of(self._die, "DW_AT_encoding") == _FLOAT

    @property
    def is_opaque(self) -> bool:
        """Whether it is a library's, so that its inside is nobody's concern."""
        return self.alias.startswith(_OPAQUE) or self.plain_name.startswith(_OPAQUE)

    @cached_property
    def target(self) -> Type:
        """What a pointer points to; the element of an array."""
        return Type(_type_die(self._die))

    @cached_property
    def count(self) -> int:
        """Elements of an array, its dimensions multiplied; 0 for one without a bound."""
        count = 1
        for bound in self._die.iter_children():
            if bound.tag != "DW_TAG_subrange_type":
                continue
            if "DW_AT_count" in bound.attributes:
                count *= number_of(bound, "DW_AT_count")
            elif "DW_AT_upper_bound" in bound.attributes:
                count *= number_of(bound, "DW_AT_upper_bound") + 1
            else:
                return 0
        return count

    @cached_property
    def dimensions(self) -> list[int]:
        """Elements along each dimension of an array."""
        return [
            number_of(bound, "DW_AT_count")
            if "DW_AT_count" in bound.attributes
            else number_of(bound, "DW_AT_upper_bound", -1) + 1
            for bound in self._die.iter_children()
            if bound.tag == "DW_TAG_subrange_type"
        ]

    @property
    def has_members(self) -> bool:
        """Whether it is a structure, a class or a union."""
        return self.tag in ("structure_type", "union_type")

    @cached_property
    def members(self) -> list[Member]:
        """Of a structure or union; a base class is a member without a name."""
        if self._die is None:
            return []
        return [
            Member(
                text_of(child, "DW_AT_name")
                if child.tag == "DW_TAG_member" and "DW_AT_name" in child.attributes
                else "",
                number_of(child, "DW_AT_data_member_location")
                if "DW_AT_data_bit_offset" not in child.attributes
                else number_of(child, "DW_AT_data_bit_offset") // 8,
                Type(_type_die(child)),
            )
            for child in self._die.iter_children()
            if child.tag in ("DW_TAG_member", "DW_TAG_inheritance")
            and "DW_AT_external" not in child.attributes
        ]

    @cached_property
    def has_bits(self) -> bool:
        """Whether some member is a field of bits, which no byte is named after."""
        return any(
            "DW_AT_bit_size" in child.attributes for child in self._die.iter_children()
        )

    @cached_property
    def enumerators(self) -> dict[int, str]:
        """The names of an enumeration's values."""
        return {
            number_of(child, "DW_AT_const_value"): text_of(child, "DW_AT_name")
            for child in self._die.iter_children()
            if child.tag == "DW_TAG_enumerator"
        }


def _type_die(die: Any) -> Any:
    if die is None or "DW_AT_type" not in die.attributes:
        return None
    return die.get_DIE_from_attribute("DW_AT_type")


def text_of(die: Any, attribute: str) -> str:
    """Return an attribute that is text; empty where there is none."""
    if die is None or attribute not in die.attributes:
        return ""
    value = die.attributes[attribute].value
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def number_of(die: Any, attribute: str, default: int = 0) -> int:
    """Return an attribute that is a number; the default where it is none."""
    if die is None or attribute not in die.attributes:
        return default
    value = die.attributes[attribute].value
    return value if isinstance(value, int) else default
