"""What a C file defines and names, read off its text: enough for the house's own style of C."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL
)
_FUNCTION = re.compile(
    r"^(?!static\b|typedef\b|return\b|else\b)[a-z_][\w \n*]*?[ *](\w+)\([^;{}]*\)\s*\{",
    re.M,
)
_OBJECT = re.compile(
    r"^(?!static\b|extern\b|typedef\b|return\b)[a-z][\w *]*[ *](\w+)(?:\[\w*\])*\s*(?:=|;)",
    re.M,
)


def bare(text: str) -> str:
    """Return C without comments, texts and attributes; names of included files stay."""

    def kept(match: re.Match[str]) -> str:
        line = text.rfind("\n", 0, match.start()) + 1
        if text[line : match.start()].lstrip().startswith("#include"):
            return match[0]
        return " " if match[0].startswith("/") else match[0][0] * 2

    text = _TOKEN.sub(kept, text)
    return re.sub(r"__attribute__\(\(.*?\)\)\s*(?=\w)", "", text, flags=re.DOTALL)


def functions(text: str) -> set[str]:
    """Return the functions that bare C defines for other files."""
    return set(_FUNCTION.findall(text))


def objects(text: str) -> set[str]:
    """Return the variables that bare C defines for other files."""
    text = re.sub(r"^(?:struct|enum|union) \w+;", "", text, flags=re.M)
    return set(_OBJECT.findall(text))


def names(text: str) -> set[str]:
    return set(re.findall(r"\b[a-z_]\w+\b", text))
