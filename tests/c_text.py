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
    return re.sub(r"__attribute__\(\((?:[^()]|\([^()]*\))*\)\)\s*", "", text)


def functions(text: str) -> set[str]:
    """Return the functions that bare C defines for other files."""
    return set(_FUNCTION.findall(text))


def objects(text: str) -> set[str]:
    """Return the variables that bare C defines for other files."""
    text = re.sub(r"^(?:struct|enum|union) \w+;", "", text, flags=re.M)
    return set(_OBJECT.findall(text))


def names(text: str) -> set[str]:
    return set(re.findall(r"\b[a-z_]\w+\b", text))


def changing(text: str) -> set[str]:
    """Return the variables with static storage that may be written, in functions too."""
    found = set()
    for begins, rest in re.findall(
        r"^((?:[ ]+)?static\b|[a-z]\w*\b)([^;(){}=\n]*)(?:=|;)", text, re.M
    ):
        word = begins.strip()
        if word in {"typedef", "extern", "return", "goto"} or not rest.strip():
            continue
        if word in {"struct", "enum", "union"} and len(rest.split()) < 2:
            continue
        declared = f"{begins}{rest}".rsplit("*", 1)
        if not re.search(
            r"\bconst\b", declared[-1] if len(declared) == 2 else declared[0]
        ):
            found |= set(re.findall(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?:,|$)", rest.strip()))
    return found
