"""The gate before every build: errors stop it, and cautions stand on the pages they concern.

A page's banners follow from the tables and from what the page reads and cites, never from a clock.
What is said of age holds on some days and not on others: it stands on the index, which names the
day of its release, so that the same tables give the same pages on any day. The pages name the last
month that is there. No heavy library is loaded while the tables are as they were on this day.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from outcomes.core.errors import Invalid
from outcomes.publish import releases, staleness

MOST = 4  # of one page; the others open on demand
_SHOWN = 20  # errors


def cautions(out: Path) -> list[dict]:
    """What the gate says of the tables today, as remembered in ``out`` or found anew.

    Raises :class:`Invalid` with the first errors and their number: such tables are not published.
    """
    day, file = staleness.today(), Path(out) / ".gate"
    rests = [
        day,
        staleness.code_digest(),
        staleness.data_digest(),
        staleness.file_digest(staleness.package()),
    ]
    stands = staleness.total(rests)
    known = (file.read_text("utf-8") if file.is_file() else "").partition("\n")
    return json.loads(known[2] if known[0] == stands else _note(file, stands, day))


def _note(file: Path, stands: str, day: str) -> str:
    from datetime import date

    from outcomes.data import quality  # only now: it loads pandas

    if errors := quality.errors(staleness.data() / "clean"):
        more = [f"And {len(errors) - _SHOWN} more."] if len(errors) > _SHOWN else []
        raise Invalid(
            " ".join(["The tables cannot be published.", *errors[:_SHOWN], *more])
        )
    found = quality.cautions(staleness.data() / "clean", today=date.fromisoformat(day))
    text = json.dumps([caution._asdict() for caution in found], ensure_ascii=False)
    if file.parent.is_dir():  # nothing is made before all has been checked
        releases.put(file, f"{stands}\n{text}")
    return text


def concern(
    cautions: list[dict], reads: Iterable[dict], facts: Iterable[dict]
) -> list[str]:
    """The words of those cautions that concern a page, by its readings and findings.

    A page is concerned when it reads rows that the caution is about, and, where the caution names
    printed pages, when it cites one of them for that kind of figure.
    """
    cited = {
        source.get("source", "") for fact in facts for source in fact["sources"]
    } - {""}
    return [
        c["said"]
        for c in cautions
        if not c["aged"]
        and (not c["sources"] or cited.intersection(c["sources"]))
        and any(
            r["table"] in c["tables"] and _meet(r["where"], c["where"]) for r in reads
        )
    ]


def _meet(asked: dict, told: dict) -> bool:
    """May rows that were asked for lie among those told of? What either leaves open, may."""
    return all(_values(asked[k]) & _values(told[k]) for k in asked.keys() & told.keys())


def _values(given) -> set:
    return set(given) if isinstance(given, list) else {given}


def html(said: list[str]) -> str:
    """Cautions as one aside with a heading, or nothing."""
    from outcomes.publish import render  # only now: it is heavy

    return render.slot("cautions", said[:MOST], said[MOST:]) if said else ""
