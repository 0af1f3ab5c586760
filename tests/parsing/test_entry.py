import pytest

from heald import UsageError
from heald.parsing.entry import parse_entry

ARRAY = "size_t parse(const uint8_t *data, size_t size, struct msg *out, size_t n, size_t *used)"


@pytest.mark.parametrize(
    ("declaration", "record", "form"),
    [
        (ARRAY, "struct msg", "array"),
        (
            "long parse(const unsigned char *, size_t, struct msg *);",
            "struct msg",
            "record",
        ),
        ("int parse(const char *s, unsigned long n, msg_t *m)", "msg_t", "record"),
        ("long parse(const char *text, struct msg *out)", "struct msg", "text"),
        ("long parse(struct state *, const char *, size_t)", "struct state", "stream"),
        ("ssize_t parse(const void *, size_t, msg_t *)", "msg_t", "record"),
    ],
)
def test_forms_are_understood(declaration: str, record: str, form: str) -> None:
    entry = parse_entry(declaration)
    assert (entry.name, entry.record, entry.form) == ("parse", record, form)


@pytest.mark.parametrize(
    "declaration",
    [
        "int parse(void)",
        "int parse(const unsigned char *)",
        "int parse(struct msg *, size_t, struct msg *)",
        "int parse(const char *, const char *, size_t)",
        "int parse(struct msg *, size_t)",
        "int parse",
        "int parse(",
        "",
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(declaration: str) -> None:
    with pytest.raises(UsageError, match="accepted: 'size_t NAME"):
        parse_entry(declaration)
