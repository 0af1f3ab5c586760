"""A campaign as pages: nothing is loaded from elsewhere, so they can be mailed.

``index.html`` has all targets, failures first, to be sorted, filtered and searched, and stands by
itself; beside it ``failures/`` has a page to step through for each target that was caught.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heald.campaign.comparing import Change
from heald.campaign.database import Database
from heald.campaign.found import Found
from heald.campaign.judgement import SEVERITY, judge, overall
from heald.campaign.record import Record
from heald.campaign.results import CampaignRow
from heald.campaign.table import closing_line, kinds_of, on_kind, show_count
from heald.durations import show_seconds
from heald.scenario import Scenario, outcome_from_json
from heald.showing.page import Page
from heald.state import write_file

#: Findings shown per target; the rest is in the database.
_SHOWN_FINDINGS = 5
_SHOWN_OUTCOMES = 12
#: Rows of the chart of detections.
_SHOWN_DETECTIONS = 60


def write_report(
    database: Database,
    campaign: CampaignRow,
    folder: Path,
    changed: Sequence[Change] = (),
) -> Path:
    """Write ``index.html`` and the pages of failures into `folder`; return the former's path."""
    (folder / "failures").mkdir(parents=True, exist_ok=True)
    records = database.records(campaign.id)
    found = Found(records, database.findings(campaign.id))
    pages: dict[str, str] = {}
    for record in records:
        failures = found.of_target.get(record.name)
        if failures:
            pages[record.name] = f"failures/{len(pages) + 1}-{_plain(record.name)}.html"
            headline = f"{judge(record).verdict.value}: {judge(record).worth}"
            Page(record.name, headline, failures).save(folder / pages[record.name])
    path = folder / "index.html"
    write_file(path, rendered(database, campaign, changed, pages))
    return path


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:80]


def rendered(
    database: Database,
    campaign: CampaignRow,
    changed: Sequence[Change] = (),
    pages: Mapping[str, str] | None = None,
) -> str:
    """Return the report as HTML; text from subjects is escaped.

    Parameters
    ----------
    changed
        What is other than in an earlier campaign.
    pages
        Of targets, by their names.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loaders = [PackageLoader("heald.campaign"), PackageLoader("heald.showing")]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": show_count, "duration": show_seconds}
    records = database.records(campaign.id)
    findings = database.findings(campaign.id)
    return environment.get_template("report.html.j2").render(
        campaign=campaign,
        started=datetime.fromtimestamp(campaign.started, UTC).strftime(
            "%Y-%m-%d %H:%M UTC"
        ),
        machine=campaign.topology,
        closing=closing_line(records),
        verdict=overall(judge(record).verdict for record in records).value,
        machines=database.machines(campaign.id),
        kinds=kinds_of(records),
        on_kind=on_kind,
        rows=_rows(records, findings),
        detections=_detections(campaign, findings),
        changed=[change for change in changed if change.is_notable],
        compared=bool(changed),
        pages=pages or {},
    )


def _rows(records: list[Record], findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row of each target, what failed first."""
    total = sum(record.seconds for record in records) or 1.0
    rows = []
    for record in records:
        own = [found for found in findings if found["target"] == record.name]
        rows.append(
            {
                "record": record,
                "judged": judge(record),
                "severity": SEVERITY.index(judge(record).verdict),
                "share": 100 * record.seconds / total,
                "findings": [_shown(found, record) for found in _first_of_each_kind(own)],
                "outcomes": _histogram(record),
            }
        )
    return sorted(rows, key=lambda row: row["severity"])


def _histogram(record: Record) -> list[tuple[str, int, float]]:
    """Return the commonest outcomes, how often each came, and how long its bar is in percent."""
    common = record.outcomes.most_common(_SHOWN_OUTCOMES)
    most = max((times for _, times in common), default=1)
    return [(outcome, times, 100 * times / most) for outcome, times in common]


def _detections(
    campaign: CampaignRow, findings: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return when each target was caught, in seconds from the start and percent of the chart."""
    end = max((found["at"] for found in findings), default=campaign.started)
    width = max(end - campaign.started, 0.001)
    rows: dict[str, list[dict[str, Any]]] = {}
    for found in findings:
        after_s = max(0.0, found["at"] - campaign.started)
        told = {"kind": found["kind"], "after_s": after_s, "at": 100 * after_s / width}
        rows.setdefault(found["target"], []).append(told)
    first = sorted(rows.items(), key=lambda row: row[1][0]["after_s"])
    return [
        {"target": target, "seen": seen[:200]}
        for target, seen in first[:_SHOWN_DETECTIONS]
    ]


def _first_of_each_kind(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    for found in findings:
        seen.setdefault(found["kind"], found)
    return list(seen.values())[:_SHOWN_FINDINGS]


def _shown(found: dict[str, Any], record: Record) -> dict[str, Any]:
    scenario, outcome = found["scenario"], found["outcome"]
    columns = ""
    if scenario is not None:
        results = None if outcome is None else outcome_from_json(outcome)
        columns = Scenario.from_json(scenario).columns(results)
    explained = record.explained.get(found["capsule"], {}).get("text", "")
    return {**found, "columns": columns, "explained": explained}
