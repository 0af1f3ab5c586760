"""A parser as something that a campaign can run for a slice of time."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from heald.building.build import inputs_of
from heald.building.compilers import find_compiler
from heald.building.engine import engine_sources
from heald.building.places import quoted
from heald.capsule import digest_of
from heald.finding import Finding
from heald.parsing.build import build_parser, glue_template
from heald.parsing.finding import ParserFinding
from heald.parsing.located import places_of
from heald.parsing.mutate import drawn_inputs
from heald.parsing.session import ParserSession
from heald.parsing.smaller import smaller
from heald.parsing.subject import ParserSubject
from heald.stop import Stop
from heald.targets.places import shown_place
from heald.targets.shrinking import shrinking_s
from heald.targets.so_far import so_far
from heald.targets.target import Expected, SliceResult

_BULK = 20_000
"""Inputs of one request: some 0.1 s, so that a slice ends in time."""


@dataclass
class ParserTarget:
    """A parser, the build to use, and the kinds of finding that a flawed one must show.

    Attributes
    ----------
    checked
        Use the sanitized build.
    kinds
        For a flawed parser: what counts as caught. Empty: anything.
    examples
        Valid inputs to start from where the parser has no generator.
    """

    parser: ParserSubject
    checked: bool = False
    kinds: frozenset[str] = field(default=frozenset())
    examples: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        """The parser's name."""
        return self.parser.name

    @property
    def expected(self) -> Expected:
        """What the parser must show."""
        return self.parser.expected

    @property
    def processors(self) -> int:
        """A parser runs alone."""
        return 1

    @staticmethod
    def load() -> None:
        """Load what preparing any target of the kind takes, before each is a process."""
        glue_template()

    def prepare(self) -> None:
        """Compile, if that is still to be done."""
        build_parser(self.parser, checked=self.checked)

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        """Run inputs for `seconds`; ends early at the first finding."""
        begun = time.monotonic()
        samples, outcomes = 0, Counter[str]()
        finding: ParserFinding | None = None
        with ParserSession(self.parser, checked=self.checked) as session:
            for passed, finding in self._rounds(session, seed):
                samples += passed + (finding is not None)
                outcomes["passed"] += passed
                late = time.monotonic() - begun >= seconds
                if finding is not None or late or stop.is_set():
                    break
            if finding is not None:
                spent_s = time.monotonic() - begun
                so_far(SliceResult(samples, spent_s, findings=[self.as_finding(finding)]))
            left_s = seconds - (time.monotonic() - begun)
            shrinking = shrinking_s(self.expected, slice_s=seconds, left_s=left_s)
            if finding is not None and shrinking:
                finding = smaller(
                    finding, lambda data: session.case(data).finding, seconds=shrinking
                )
        findings = []
        if finding is not None:
            outcomes[finding.kind] += 1
            findings.append(self.as_finding(finding))
        return SliceResult(samples, time.monotonic() - begun, outcomes, findings)

    def identity(self) -> dict[str, Any]:
        """Say what was run: sources with their digests, flags, build."""
        subject, _, variant = self.name.partition("/")
        read = inputs_of(build_parser(self.parser, checked=self.checked))
        ours = engine_sources().resolve()
        others = ("/usr", ours / "include", ours / "parse")
        own = [f for f in read if not any(f.is_relative_to(other) for other in others)]
        files = sorted({*self.parser.sources, *own})
        digests = {shown_place(path): digest_of(path) for path in files}
        return {
            "check": "message",
            "subject": subject,
            "variant": variant,
            "sources": digests,
            "flags": list(self.parser.cflags),
            "compiler": find_compiler().name,
            "checked": self.checked,
        }

    def replay_slice(
        self, finding: Finding, *, seconds: float, seed: int, stop: Stop
    ) -> SliceResult:
        """Parse the finding's own input once more: a parser needs no second try."""
        del seconds, seed, stop
        begun = time.monotonic()
        data = bytes.fromhex(finding.detail["data"])
        with ParserSession(self.parser, checked=self.checked) as session:
            again = session.case(data).finding
        findings = [] if again is None else [self.as_finding(again)]
        return SliceResult(1, time.monotonic() - begun, findings=findings)

    def _rounds(
        self, session: ParserSession, seed: int
    ) -> Iterator[tuple[int, ParserFinding | None]]:
        if self.parser.generator is not None:
            first = 0
            while True:
                # A sanitized build is some thirty times slower.
                count = _BULK // 30 if self.checked else _BULK
                bulk = session.bulk(seed=seed, first=first, count=count)
                first += count
                yield bulk.passed, bulk.finding
        inputs = drawn_inputs(seed, self.examples)
        while True:
            for data in islice(inputs, 100):
                finding = session.case(data).finding
                yield 1 - (finding is not None), finding

    def as_finding(self, finding: ParserFinding) -> Finding:
        """Return it in the form that campaigns and capsules take.

        The same failure twice is one file; what tells two of one kind apart is their input,
        so that is what its seed is made from.
        """
        where = places_of(self.parser, finding, checked=self.checked)
        found = finding.to_json()
        detail = {
            **found,
            "where": where,
            "shown": [*map(quoted, where), *found["shown"]],
            "parser": self.parser.name,
            "checked": self.checked,
            "as expected": self.expected == "flawed"
            and (not self.kinds or finding.kind in self.kinds),
        }
        seed = zlib.crc32(finding.data)
        return Finding(finding.kind, finding.message, seed=seed, detail=detail)
