import pytest

from heald import UsageError
from heald.parsing.entry import parse_entry

ARRAY = "size_t parse(const uint8_t *data, size_t size, struct msg *out, size_t n, size_t *used)"


@pytest.mark.parametrize(
    ("declaration", "record", "fills_array"),
    [
        (ARRAY, "struct msg", True),
        ("long parse(const unsigned char *, size_t, struct msg *);", "struct msg", False),
        ("int parse(const char *s, unsigned long n, msg_t *m)", "msg_t", False),
        ("ssize_t parse(const void *, size_t, msg_t *)", "msg_t", False),
    ],
)
def test_both_forms_are_understood(
    declaration: str, record: str, fills_array: bool
) -> None:
    entry = parse_entry(declaration)
    assert (entry.name, entry.record, entry.fills_array) == ("parse", record, fills_array)


@pytest.mark.parametrize(
    "declaration",
    [
        "int parse(void)",
        "int parse(const unsigned char *)",
        "int parse(struct msg *, size_t, struct msg *)",
        "int parse",
        "int parse(",
        "",
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(declaration: str) -> None:
    with pytest.raises(UsageError, match="accepted: 'size_t NAME"):
        parse_entry(declaration)
