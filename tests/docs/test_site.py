"""The site: every page has its place in it, and every link leads somewhere."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from heald.cli import main

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MADE = {"commands.md"}
MADE_HERE = re.compile(r"gallery/[\w-]+\.html")


def named(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for each in nav if isinstance(nav, list) else ():
        yield from named(each)
    for each in nav.values() if isinstance(nav, dict) else ():
        yield from named(each)


def test_every_page_has_its_place_once() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    pages = [*named(nav)]
    assert len(pages) == len(set(pages))
    assert set(pages) == {page.name for page in DOCS.glob("*.md")} | MADE
    kinds = ["Tutorial", "How-to", "Reference", "Explanation"]
    assert [next(iter(each)) for each in nav][1:] == kinds


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    wrong = [
        link
        for link in links
        if not (page.parent / link).exists() and not MADE_HERE.fullmatch(link)
    ]
    assert [link for link in wrong if link not in MADE] == []
    outside = [link for link in links if link.startswith("..")]
    assert outside == [], "the site has docs/ alone"


def test_the_page_of_commands_has_each_with_its_options() -> None:
    pytest.importorskip("mkdocs", reason="needs mkdocs-material (make site)")
    spec = importlib.util.spec_from_file_location("site_hook", DOCS / "site.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    page = hook.commands()
    for name in main.list_commands(click.Context(main)):
        assert f"## heald {name}\n" in page
    assert "| `--html FILE` |" in page
