"""What a release says as a whole: its index page, and all findings as one table."""

from collections.abc import Sequence

from outcomes.core.formatting import exact
from outcomes.publish import render as pages
from outcomes.publish import search
from outcomes.publish.csv_files import credit, numbers_beside, table
from outcomes.publish.districts import COMPARED, comparison
from outcomes.publish.lessons import Lesson
from outcomes.publish.plan import GROUPS, slug, words

COLUMNS = [
    "handle",
    "name",
    "answer",
    "sentence",
    "detail",
    "value",
    "lower",
    "upper",
    "unit",
    "period",
    "area",
]
COLUMNS += ["direction", "verdict", "numbers", "sources"]
STATES = {
    "built": "built in this release",
    "unchanged": "unchanged, with the same data, notebook and method",
    "carried": "kept from an earlier release, not asked for in this one",
    "kept": "could not be rebuilt; the last good version is shown",
    "failed": "could not be built",
}


def findings_csv(entries: list[dict]) -> str:
    """Every finding of a release, one row each."""
    facts = ((e["handle"], f) for e in entries for f in e["findings"])
    rows = (
        [h, *(f.get(c) for c in COLUMNS[1:-2]), numbers_beside(f), credit(f["sources"])]
        for h, f in facts
    )
    return table(COLUMNS, rows)


def recorded(fact: dict) -> dict:
    """A finding as the manifest keeps it: of its table only the words, and the whole where the
    index shows it."""
    kept = {key: value for key, value in fact.items() if key != "table"}
    if words := search.labels(fact["table"]):
        kept["labels"] = words
    if fact["name"] == COMPARED and fact["table"]:
        kept["table"] = fact["table"]
    return kept


def answers_csv(entries: list[dict]) -> str:
    """Every page's question with its answer, one row for each page that gives one."""
    columns = ["handle", "title", "question", "answer", "sentence", "detail"]
    given = (e | f for e in entries for f in e["findings"] if f.get("answer"))
    return table(columns, ([one.get(c) for c in columns] for one in given))


def answer_faults(entries: list[dict]) -> list[str]:
    """Sweeps whose answer is the same on all their pages, and pages that give none, each in words."""
    found = []
    for notebook, group in by_notebook(entries).items():
        answers = [f["sentence"] for f in map(first, group) if f.get("answer")]
        if len(answers) > 1 and len({*answers}) == 1:
            found.append(
                f"{notebook}: all {len(answers)} pages give the same answer, so the choice that "
                f"they differ by does not matter to it: {answers[0]}"
            )
    found += [
        f"{entry['title']}: no answer; oc.answer(…) says what it comes to."
        for entry in entries
        if not first(entry).get("answer")
    ]
    return found


def by_notebook(entries: list[dict]) -> dict[str, list[dict]]:
    """The pages of each notebook, in the order of the plan."""
    found: dict[str, list[dict]] = {}
    for entry in entries:
        found.setdefault(entry.get("notebook", entry["handle"]), []).append(entry)
    return found


def index_html(
    entries: list[dict], when: str, told: dict, lessons: Sequence[Lesson] = ()
) -> str:
    """The index page of a release; ``entries`` are the manifest's records in plan order.

    ``told`` is what changed since the release before, ``lessons`` those with a page.
    """
    grouped = {g: [e for e in entries if e["group"] == g] for g in GROUPS}
    grouped |= {"changes": told["lines"], "learn": [*lessons]}
    sections = [(g, n) for g, n in _SECTIONS.items() if grouped.get(g, True)]
    counts = {s: sum(e["state"] == s for e in entries) for s in STATES}
    states = (f"{n} page{'s' * (n > 1)} {STATES[s]}" for s, n in counts.items() if n)
    return pages.template(
        "index.html.j2",
        programmes=_asked(grouped["programmes"]),
        districts=[_tile(e) for e in grouped["districts"]],
        compared=comparison(grouped["districts"]),
        county=_asked(grouped["county"]),
        lessons=lessons,
        entries=[
            e | {"shown": _state(e), "first": first(e), "says": says(e)}
            for e in entries
        ],
        answers_given=any(first(e).get("answer") for e in entries),
        findings=sum(len(e["findings"]) for e in entries),
        sections=sections,
        when=day(when),
        told=told,
        since=day(told["since"]),
        states="; ".join(states),
    )


_SECTIONS = {
    "programmes": "Programmes",
    "districts": "Districts",
    "county": "County-wide",
    "learn": "Lessons",
    "changes": "What changed",
    "marks": "How to read the marks",
    "data": "Take the data",
    "state": "State of the pages",
}


def day(stamp: str) -> str:
    """A run's name as a date: "20251124T083000Z-…" → "24 November 2025"."""
    return stamp and words(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}")


def _asked(entries: list[dict]) -> list[dict]:
    """One row for each notebook, in plan order: its first page, and the others as links."""
    found = by_notebook(entries).values()
    return [one | {"finding": first(one), "others": others} for one, *others in found]


def _tile(entry: dict) -> dict:
    fact = first(entry)
    value = fact.get("value")
    shown = f"{exact(value, 1)} {fact['unit']}" if value is not None else ""
    shown = shown or fact.get("answer", "").capitalize()
    label = entry["label"]
    return {
        "area": slug(label),
        "path": entry["path"],
        "label": label,
        "value": shown.strip(),
    }


def first(entry: dict) -> dict:
    """The finding a page leads with: its answer, its first headline, or its first of all; {}
    without any."""
    leading = [f for f in entry["findings"] if f.get("answer")]
    leading += [f for f in entry["findings"] if f.get("headline")]
    return next(iter([*leading, *entry["findings"]]), {})


def says(entry: dict) -> str:
    """What a page says first: its answer with the word before it, or its first finding."""
    fact = first(entry)
    word = fact.get("answer", "").capitalize()
    return f"{word}. {fact['sentence']}" if word else fact.get("sentence", "")


def _state(entry: dict) -> str:
    shown = STATES[entry["state"]]
    if entry["state"] in ("carried", "unchanged", "kept"):
        shown += f" (from {day(entry['built'])})"
    if entry["error"]:
        shown += f". {reason(entry['error'])}"
    return shown


def reason(error: dict) -> str:
    """A failure's record in words: its name, its message, and the cell it happened in."""
    where = f" (cell {error['cell']})" if error.get("cell") else ""
    return f"{error['name']}: {error['message'].rstrip('.')}{where}"
