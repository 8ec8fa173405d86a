"""The release step: which person approved a built release, and what is public.

``<out>/public`` links to the release approved last. The record,
``<out>/releases/<name>.approved.json``, lies beside its release and outlives it; it holds a digest
of the release's files, so that a later change to them shows.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from outcomes.core.errors import Invalid
from outcomes.publish import index, releases, staleness


def approve(out: Path, release: Path, found: list, *, by: str, note: str) -> Path:
    """Record who approves a release, and link ``public`` to it; :class:`Invalid` when they may not.

    ``found`` are its checks (:mod:`outcomes.publish.review`); nobody can approve one that fails.
    """
    by, note = (" ".join(text.split()) for text in (by, note))
    failed, doubtful = (
        [c.name for c in found if c.verdict == v] for v in ("fail", "review")
    )
    if not by:
        raise Invalid("--by must name the person who approves the release.")
    if failed:
        raise Invalid(
            f"{release.name} fails ({', '.join(failed)}) and cannot be approved: mend what the "
            "reasons name and build again."
        )
    if doubtful and not note:
        raise Invalid(
            f"{release.name} is to be reviewed ({', '.join(doubtful)}): say with --note why it may "
            "be published as it is."
        )
    now = {
        "by": by,
        "when": releases.now(),
        "note": note,
        "checks": [c._asdict() for c in found],
    }
    records = [*approvals(release), now | {"digest": digest(release)}]
    text = json.dumps(records, indent=1, ensure_ascii=False) + "\n"
    releases.put(_file(release), text)
    releases.point(out, "public", release.name)
    return out / "public" / "index.html"


def approvals(release: Path) -> list[dict]:
    """What is recorded of a release's approval, the last one at the end."""
    file = _file(release)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def listed(out: Path) -> Iterator[str]:
    """A line for every release, the newest first: whether it is shown, public, and by whom."""
    for name in releases.names(out)[::-1]:
        folder = out / "releases" / name
        links = [
            n for n in ("latest", "public") if (out / n).resolve() == folder.resolve()
        ]
        last = approvals(folder)[-1:]
        said = [
            f"approved by {a['by']} on {index.day(a['when'])}: {a['note']}"
            for a in last
        ]
        said += ["" if last else "not approved", *changed(folder), *links]
        yield "  ".join(filter(None, [name, *said]))


def digest(release: Path) -> str:
    """A sha256 of every file of a release, names and bytes."""
    files = sorted(p for p in release.rglob("*") if p.is_file())
    return staleness.total(
        f"{p.relative_to(release).as_posix()} {staleness.file_digest(p)}" for p in files
    )


def _file(release: Path) -> Path:
    return release.with_name(f"{release.name}.approved.json")


def changed(release: Path) -> list[str]:
    """What of an approved release is no longer as it was approved, in a sentence; or nothing."""
    last = approvals(release)[-1:]
    if not last or last[0]["digest"] == digest(release):
        return []
    whole = (release / "index.html").is_file()
    said = f"Its files have changed since {last[0]['by']} approved it."
    return [said if whole else "Only its record is kept."]
