"""A campaign as one HTML file: nothing is loaded from elsewhere, so it can be mailed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heald.campaign.database import Database
from heald.campaign.judgement import judge, overall
from heald.campaign.record import Record
from heald.campaign.results import CampaignRow
from heald.campaign.table import closing_line, kinds_of, on_kind, show_count
from heald.durations import show_seconds
from heald.scenario import Scenario, outcome_from_json
from heald.state import write_file

#: Findings shown per target; the rest is in the database.
_SHOWN_FINDINGS = 5


def write_report(database: Database, campaign: CampaignRow, folder: Path) -> Path:
    """Write ``index.html`` into `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    write_file(path, rendered(database, campaign))
    return path


def rendered(database: Database, campaign: CampaignRow) -> str:
    """Return the report as HTML; text from subjects is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("heald.campaign"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": show_count, "duration": show_seconds}
    records = database.records(campaign.id)
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
        rows=_rows(records, database.findings(campaign.id)),
    )


def _rows(records: list[Record], findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    total = sum(record.seconds for record in records) or 1.0
    rows = []
    for record in records:
        own = [found for found in findings if found["target"] == record.name]
        rows.append(
            {
                "record": record,
                "judged": judge(record),
                "share": 100 * record.seconds / total,
                "findings": [_shown(found, record) for found in _first_of_each_kind(own)],
                "outcomes": record.outcomes.most_common(12),
            }
        )
    return rows


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
