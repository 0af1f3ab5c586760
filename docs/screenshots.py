"""Make the pictures of what heald shows: ``python docs/screenshots.py [NAME...]``.

Terminals of 80, 120 and 200 columns as SVG, the page of a failure and the report of a campaign
at 400, 1,200 and 1,900 pixels, light and dark, as WebP: into ``docs/pictures/seen/``, some tens of
kilobytes each. Needs Debian's chromium, and what ``.[dev]`` installs.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
INTO = DOCS / "pictures" / "seen"
COLUMNS = (80, 120, 200)
PIXELS = (400, 1200, 1900)
HEALD = (sys.executable, "-m", "heald")


def main(names: list[str]) -> None:
    """Make those that are named, or all."""
    INTO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DOCS / "gallery", folder, dirs_exist_ok=True)
        shutil.copytree(DOCS.parent / "subjects", Path(folder) / "subjects")
        shutil.copytree(
            DOCS.parent / "csrc" / "subjects", Path(folder) / "csrc" / "subjects"
        )
        for columns in COLUMNS:
            _terminal(f"terminal-{columns}", columns, Path(folder), names)
        pages = {"failure": _failure(Path(folder)), "report": _report(Path(folder))}
        with _browser() as browser:
            for name, page in pages.items():
                for pixels in PIXELS:
                    for scheme in ("light", "dark"):
                        shot = f"{name}-{pixels}-{scheme}"
                        if not names or shot in names:
                            _shoot(browser, page, shot, pixels, scheme)


def _terminal(name: str, columns: int, folder: Path, names: list[str]) -> None:
    """Draw what a terminal of so many columns shows: run in one, for it is asked for its width."""
    if names and name not in names:
        return
    from rich.console import Console
    from rich.text import Text

    words = [*HEALD, "check", "stale.c"]
    console = Console(record=True, width=columns, file=io.StringIO())
    console.print(Text.from_ansi(_in_terminal(words, columns, folder)), soft_wrap=True)
    svg = console.export_svg(
        title=f"heald check stale.c ({columns} columns)", unique_id=name
    )
    # Fonts come from the reader's machine, and from no other server.
    (INTO / f"{name}.svg").write_text(
        re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    )


def _in_terminal(words: list[str], columns: int, folder: Path) -> str:
    import fcntl
    import pty
    import struct
    import termios

    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": str(columns)}
        os.execv(words[0], words)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.waitpid(child, 0)
    return shown.decode().replace("\r", "").replace("\x1b[2K", "").replace("\x1b[K", "")


def _failure(folder: Path) -> Path:
    page = folder / "failure.html"
    check = [*HEALD, "check", "aba.c", "--html", page]
    subprocess.run(check, cwd=folder, capture_output=True)
    return page


def _report(folder: Path) -> Path:
    place = "subjects/counter.py"
    stress = [*HEALD, "stress", place, "--budget", "20s", "--seed", "1"]
    subprocess.run(stress, cwd=folder, capture_output=True)
    subprocess.run([*HEALD, "report", "--html", "out"], cwd=folder, capture_output=True)
    return folder / "out" / "index.html"


@contextmanager
def _browser() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{word}")
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    browser = webdriver.Chrome(options=options, service=service)
    yield browser
    browser.quit()


def _shoot(browser: Any, page: Path, name: str, pixels: int, scheme: str) -> None:
    from PIL import Image

    size = {"width": pixels, "height": min(1200, pixels * 2), "mobile": False}
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1}
    )
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get(page.as_uri())
    # The machine that drew it is of no interest.
    browser.execute_script("document.querySelector('main > p:not([id])')?.remove()")
    picture = (
        Image.open(io.BytesIO(browser.get_screenshot_as_png()))
        .convert("RGB")
        .quantize(48)
    )
    picture.convert("RGB").save(INTO / f"{name}.webp", lossless=True, method=6)


if __name__ == "__main__":
    main(sys.argv[1:])
