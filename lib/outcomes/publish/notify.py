"""Run the commands of the plan's ``[notify]`` with a summary of the build on their input.

Each is told of its own occasions, as JSON for a program or in plain lines for a person.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from outcomes.publish import changes, index
from outcomes.publish.build import Release
from outcomes.publish.plan import OCCASIONS, Plan

Say = Callable[[str], None]
_HEADS = {
    "error": "No release was made, and the site is as it was",
    "failed": "Failed",
    "changes": "Changed",
    "built": "Built",
    "release": "Release",
    "site": "Site",
}


def made(plan: Plan, release: Release, say: Say) -> bool:
    """Tell of a build that made a release; False when there was news and a command failed."""
    news = {
        "failure": bool(release.failed),
        "change": release.new and bool(release.changed),
        "success": release.new and not release.failing,
    }
    summary = {
        "occasions": [name for name, happened in news.items() if happened],
        "release": release.path.name,
        "site": str(release.shown),
        "built": [
            e["handle"] for e in release.entries if e["built"] == release.path.name
        ],
        "failed": {e["handle"]: index.reason(e["error"]) for e in release.failed},
        "changes": [
            changes.line(e["title"], c) for e in release.changed for c in e["changes"]
        ],
    }
    return _tell(plan, summary, say)


def failed(plan: Plan, out: Path, error: Exception | str, say: Say) -> bool:
    """Tell of a build that made no release."""
    site = str(out / "latest" / "index.html")
    summary = {"occasions": ["failure"], "site": site, "error": str(error)}
    return _tell(plan, summary, say)


def trial(plan: Plan, out: Path, say: Say) -> bool:
    """Send every command a notice of each of its occasions that says that it is a test."""
    sent = [
        _tell(plan, {"occasions": [occasion], "site": str(out), "test": True}, say)
        for occasion in OCCASIONS
    ]
    return all(sent)


def lines(summary: dict) -> str:
    """A summary in plain lines, for a person.

    >>> print(lines({"occasions": ["failure"], "failed": {"fraud": "Timeout"}, "site": "x"}))
    Occasion: failure
    Failed: fraud, Timeout
    Site: x
    """
    said = [f"Occasion: {', '.join(summary['occasions'])}"]
    said += ["This is a test: nothing has happened."] * bool(summary.get("test"))
    for key, head in _HEADS.items():
        held = summary.get(key) or []
        if isinstance(held, dict):
            held = [f"{name}, {why}" for name, why in held.items()]
        said += [
            f"{head}: {one}" for one in ([held] if isinstance(held, str) else held)
        ]
    return "\n".join(said)


def _tell(plan: Plan, summary: dict, say: Say) -> bool:
    """Run the commands that are to hear of this; whether all of them worked."""
    fine = True
    for notice in plan.notify:
        told = [o for o in summary["occasions"] if o in notice["on"]]
        if not told:
            continue
        news = summary | {"occasions": told}
        as_text = notice["format"] == "text"
        text = lines(news) if as_text else json.dumps(news, ensure_ascii=False)
        options = {"cwd": plan.folder, "check": True, "timeout": 120}
        try:
            subprocess.run(notice["command"], input=text, text=True, **options)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            say(f"outcomes: the command of [notify] did not work: {error}")
            fine = False
    return fine
