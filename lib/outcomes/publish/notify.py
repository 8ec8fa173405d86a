"""Run the command of the plan's ``[notify]`` with a summary of the build, as JSON, on its input."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from outcomes.publish import changes, index
from outcomes.publish.build import Release
from outcomes.publish.plan import Plan

Say = Callable[[str], None]


def made(plan: Plan, release: Release, say: Say) -> bool:
    """Tell of a build that made a release; False when there was news and the command failed."""
    news = {
        "failure": bool(release.failed),
        "change": release.new and bool(release.changed),
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
    return _run(plan, summary, say)


def failed(plan: Plan, out: Path, error: Exception, say: Say) -> bool:
    """Tell of a build that made no release."""
    site = str(out / "latest" / "index.html")
    return _run(
        plan, {"occasions": ["failure"], "site": site, "error": str(error)}, say
    )


def _run(plan: Plan, summary: dict, say: Say) -> bool:
    if not set(summary["occasions"]) & set(plan.notify.get("on", [])):
        return True
    command, text = plan.notify["command"], json.dumps(summary, ensure_ascii=False)
    try:
        subprocess.run(
            command, input=text, text=True, cwd=plan.folder, check=True, timeout=120
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        say(f"outcomes: the command of [notify] did not work: {error}")
        return False
    return True
