"""Make docs/api.md anew from the docstrings: ``python -m tests.api.page``."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import heald

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"

#: Headings of the page, with the public names under each, in the order people need them.
PARTS = {
    "What is checked": (
        *("Subject", "op", "scenarios", "StepModel", "NotYet"),
        *("ParserSubject", "TransferSubject"),
    ),
    "Tests": ("verify", "linearizable", "explored", "must_catch", "shows_only"),
    "Verbs": ("check", "explore", "run", "linearize", "mutate", "replay"),
    "Words": (
        *("Call", "Scenario", "Outcome", "Event", "History"),
        *("Finding", "Capsule", "Verdict", "Violated"),
    ),
    "Errors": ("HealdError", "UsageError", "EngineError"),
}
PACKAGES = ("models", "native", "faults", "parsing", "testing")

HEAD = """# The names of heald

Made from the docstrings by `python -m tests.api.page`. Everything is `heald.NAME` after
`import heald`, and is loaded when it is first used; names that are not here are heald's own.
"""


def page() -> str:
    """Return the text of the whole page."""
    parts = [HEAD]
    for heading, names in PARTS.items():
        parts.append(f"## {heading}\n")
        parts += [entry(f"heald.{name}", getattr(heald, name)) for name in names]
    for package in PACKAGES:
        module = getattr(heald, package)
        parts.append(f"## heald.{package}\n\n{module.__doc__.strip()}\n")
        names = [name for name in module.__all__ if not hasattr(heald, name)]
        parts += [
            entry(f"heald.{package}.{name}", getattr(module, name)) for name in names
        ]
    return "\n".join(parts)


def entry(name: str, thing: Any) -> str:
    """Return what the page says of one name."""
    lines = [f"### `{name}`", ""]
    if inspect.isclass(thing) or inspect.isfunction(thing):
        lines += ["```text", *_signature(name, thing), "```", ""]
        lines += _told(inspect.cleandoc(thing.__doc__ or ""))
    else:
        lines.append(f"`{thing}`".replace("typing.", ""))
    if inspect.isclass(thing):
        for method, found in _methods(thing).items():
            if _is_public_method(method, found):
                said = inspect.cleandoc(inspect.getdoc(found) or "").split("\n\n")[0]
                text = " ".join(said.split()).replace("``", "`")
                lines.append(f"- `.{method}{_brackets(found)}`: {text}")
    return "\n".join(lines).rstrip() + "\n"


def _methods(thing: type) -> dict[str, Any]:
    """Return what a class has of its own or of a class of heald's that it extends."""
    ours = [each for each in thing.__mro__ if each.__module__.startswith("heald.")]
    return {name: found for each in reversed(ours) for name, found in vars(each).items()}


def _signature(name: str, thing: Any) -> list[str]:
    if isinstance(thing, enum.EnumType):  # Python says that in another way each year
        return [f"{name}(value)"]
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return [name]
    words = [_written(each) for each in signature.parameters.values()]
    keyword = any(
        each.kind is each.KEYWORD_ONLY for each in signature.parameters.values()
    )
    if len(words) > 3 or keyword:
        return [f"{name}(", *(f"    {word}," for word in _starred(signature)), ")"]
    return [f"{name}({', '.join(words)})"]


def _starred(signature: inspect.Signature) -> Iterator[str]:
    starred = False
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and not starred:
            yield "*"
        starred |= each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        yield _written(each)


def _written(parameter: inspect.Parameter) -> str:
    return _address.sub("...", _quoted.sub(r": \1", str(parameter)))


_quoted = re.compile(r": '([^']*)'")
_address = re.compile(r"<[^<>]* at 0x[0-9a-f]+>|<factory>")


def _is_public_method(name: str, found: Any) -> bool:
    if name.startswith("_") or not inspect.getdoc(found):
        return False
    return isinstance(found, property | classmethod) or inspect.isfunction(found)


def _brackets(found: Any) -> str:
    return "" if isinstance(found, property) else "()"


def _told(docstring: str) -> Iterator[str]:
    """Yield a docstring of numpy's form as Markdown."""
    lines = docstring.split("\n")
    section = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        if at + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[at + 1]):
            section = line
            yield f"**{line}**"
            yield ""
            at += 2
            continue
        if section and line and not line.startswith(" "):
            described: list[str] = []
            while at + 1 < len(lines) and (
                lines[at + 1].startswith(" ") or not lines[at + 1].strip()
            ):
                at += 1
                described.append(lines[at].strip())
            text = " ".join(filter(None, described)).replace("``", "`")
            words = line.replace("``", "`")
            yield f"- `{words}`: {text}" if text else f"{words}"
            if described and not described[-1]:
                yield ""
        else:
            yield line.replace("``", "`")
        at += 1
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page())
