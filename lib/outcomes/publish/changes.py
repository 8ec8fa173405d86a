"""What changed from one release to the next, by how much and why; and how the site stands now."""

import re
import time
from math import isclose
from pathlib import Path

from outcomes.core.errors import Invalid
from outcomes.core.formatting import exact
from outcomes.publish import index, releases, render
from outcomes.publish.plan import words

_HOURS = {"h": 1, "d": 24, "w": 168}
_EARLIER = 11  # versions of a page before the last change that are told on it
_LINES = (
    30  # of changes told on the index and in the feed; the pages tell all of theirs
)


def moved(old: dict | None, new: dict, name: str, methods: list[str]) -> dict:
    """A page's findings that differ from the release before: each in words, and why.

    With none, what was told of the page last time stays. ``replaced`` is the release that holds
    the page as it was, and ``earlier`` what changed before, the newest first.
    """
    fresh = {"changes": [], "changed": "", "replaced": "", "earlier": []}
    if old is None or old["state"] == "failed":
        return fresh
    told = {key: old.get(key, none) for key, none in fresh.items()}
    changes = compare(old, new, methods)
    if not changes:
        return told
    earlier = told.pop("earlier")
    if told["changes"]:
        earlier = [told, *earlier][:_EARLIER]
    replaced = old.get("built", "")
    return {
        "changes": changes,
        "changed": name,
        "replaced": replaced,
        "earlier": earlier,
    }


def compare(old: dict, new: dict, methods: list[str]) -> list[dict]:
    """The findings of a page that moved, came or went between two records of it."""
    before, after = ({f["name"]: f for f in e["findings"]} for e in (old, new))
    out = []
    for name in [*after, *(n for n in before if n not in after)]:
        said = describe(before.get(name), after.get(name))
        if said:
            why = reasons(old, new, before.get(name), after.get(name), methods)
            out.append({"name": name, "said": said, "why": why})
    return out


def describe(old: dict | None, new: dict | None) -> str:
    """How a finding differs, by what a reader would ask first; "" where it does not.

    Parameters
    ----------
    old, new
        The facts of the finding before and now; None where it is not on the page.

    Examples
    --------
    >>> describe(None, {"sentence": "Arrests rose."})
    'new: Arrests rose.'
    """
    if old is None:
        return f"new: {new['sentence']}"
    if new is None:
        return f"no longer shown: {old['sentence']}"
    if old.get("answer") != new.get("answer"):
        was, now = old.get("answer") or "none", new.get("answer") or "none"
        return f"the answer was “{was}”, and is “{now}”: {new['sentence']}"
    for keys in (("value",), ("lower", "upper")):
        one, two = ([f.get(k) for k in keys] for f in (old, new))
        if all(
            a == b if None in (a, b) else isclose(a, b, rel_tol=1e-9)
            for a, b in zip(one, two, strict=True)
        ):
            continue
        return _became(one, two, new["unit"])
    if old["sentence"] != new["sentence"] or old["verdict"] != new["verdict"]:
        return f"now reads: {new['sentence']}"
    if old.get("detail") != new.get("detail"):
        return f"its detail now reads: {new.get('detail') or 'nothing'}"
    return ""


def _became(one: list[float | None], two: list[float | None], unit: str) -> str:
    """Values or limits then and now, with as many decimals as tell them apart."""
    for decimals in range(3, 16):
        was, now = (_shown(values, unit, decimals) for values in (one, two))
        if was != now:
            break
    by = ""
    if len(one) == 1 and None not in (*one, *two):
        way = "up" if two[0] > one[0] else "down"
        by = f" ({way} {exact(abs(two[0] - one[0]), decimals)})"
    return f"{was} became {now}{by}"


def _shown(values: list[float | None], unit: str, decimals: int) -> str:
    """A value, or two limits of which one may not be there."""
    if set(values) == {None}:
        return "no value" if len(values) == 1 else "no limits"
    none = ("no lower limit", "no upper limit")
    text = " to ".join(
        said if v is None else exact(v, decimals)
        for v, said in zip(values, none, strict=False)
    )
    return text + (unit if unit == "%" else f" {unit}" if unit else "")


def reasons(
    old: dict, new: dict, was: dict | None, now: dict | None, methods: list[str]
) -> str:
    """Why a finding differs, data first: other rows explain a number, but need not do so alone.

    Parameters
    ----------
    old, new
        The records of the page before and now.
    was, now
        The facts of the finding before and now; None where it is not on the page.
    methods
        Changes of method that the changelog names.
    """
    rows_before, rows_now = (
        sum(r.get("rows", 0) for r in e["reads"]) for e in (old, new)
    )
    later = bool(was and now and was["period"] != now["period"])
    more = later or rows_now > rows_before
    notebook, code = old["source"] != new["source"], old["code"] != new["code"]
    causes = {
        "new data" if more else "data revised": old["inputs"] != new["inputs"],
        "other parameters": old["parameters"] != new["parameters"],
        **{f"change of method: {m}": notebook or code for m in methods},
        "the notebook changed": notebook,
        "the library's code changed": code,
        "the locked packages changed": old["lock"] != new["lock"],
    }
    found = [reason for reason, holds in causes.items() if holds]
    return "; ".join(found) or "no reason is recorded: the page does not repeat"


def methods(changelog: Path) -> list[str]:
    """The changes of method that a changelog names: its points that open with **Method**."""
    text = changelog.read_text(encoding="utf-8") if changelog.is_file() else ""
    points = re.findall(r"^- \*\*Method\*\* (.+(?:\n  .+)*)", text, re.M)
    return [" ".join(point.split()) for point in points]


def line(title: str, change: dict) -> str:
    """One change as a line of text."""
    return f"{title}, {words(change['name'])}: {change['said'].rstrip('.')}. Why: {change['why']}."


def summary(entries: list[dict], name: str, since: str) -> dict:
    """What a release changed, as the index and the feed tell it."""
    here = [e for e in entries if e["changed"] == name]
    made = [(e["title"], c) for e in here for c in e["changes"]]
    made.sort(key=lambda one: one[1]["name"] != "answer")  # answers first
    lines = [line(title, change) for title, change in made]
    answers = [
        f"{main['title']}: {index.says(main)}"
        for main, *_ in index.by_notebook(entries).values()
        if index.first(main).get("answer")
    ]
    more = (
        [f"And {len(lines) - _LINES} more, on their pages."]
        if len(lines) > _LINES
        else []
    )
    new = [
        e["title"]
        for e in entries
        if e.get("why") == "it is new" and e["built"] == name
    ]
    failing = [e["title"] for e in entries if e["error"]]
    parts = [
        _counted(entries, "page"),
        f"{_counted(lines, 'finding')} changed" if since else "first release",
        _counted(new, "new page") if since and new else "",
        f"{_counted(failing, 'page')} could not be rebuilt" if failing else "",
    ]
    sentence = f"{'; '.join(filter(None, parts))}."
    return {
        "release": name,
        "since": since,
        "sentence": sentence,
        "answers": answers,
        "lines": lines[:_LINES] + more,
    }


def _counted(these: list, noun: str) -> str:
    return f"{len(these)} {noun}{'s' * (len(these) != 1)}"


def told(entry: dict) -> str:
    """What changed on a page, release by release, as HTML; "" when nothing ever did.

    Where ``archive`` of ``collection.toml`` says where releases are kept, the page as it was
    before each change is linked.
    """
    if not entry.get("changes"):
        return ""
    versions = []
    for one in [entry, *entry.get("earlier", [])]:
        kept = render.collection.archive and one.get("replaced")
        address = f"{render.collection.archive}{kept}/{entry['path']}" if kept else ""
        day = index.day(one["changed"])
        versions.append({"day": day, "changes": one["changes"], "address": address})
    return render.slot("changes", versions)


def diff(out: Path, first: str = "", second: str = "") -> list[str]:
    """What differs between two releases, in words; by default the shown one and the one before."""
    known = releases.names(out)
    shown = releases.latest(out)
    if shown is None:
        raise Invalid(f"no release is shown in {out}.")
    new = releases.manifest(releases.find(out, second) if second else shown)
    earlier = [n for n in known if n < new["release"]]
    if not first and not earlier:
        return [
            f"Release {new['release']} is the first: there is none to compare it with."
        ]
    old = releases.manifest(releases.find(out, first or earlier[-1]))
    before, after = ({e["handle"]: e for e in r["pages"]} for r in (old, new))
    methods = [m for m in new.get("methods", []) if m not in old.get("methods", [])]
    lines = [f"From {old['release']} to {new['release']}:"]
    for handle, entry in after.items():
        if handle not in before:
            lines.append(f"{entry['title']}: a new page.")
        else:
            lines += [
                line(entry["title"], c) for c in compare(before[handle], entry, methods)
            ]
    lines += [
        f"{e['title']}: no longer a page." for h, e in before.items() if h not in after
    ]
    return lines if len(lines) > 1 else [*lines, "No finding differs."]


def status(out: Path, max_age: str = "") -> tuple[list[str], bool]:
    """What to say of the site in ``out``, and whether all is well.

    All is well when a release is shown, no page of it is failing, and it was looked after within
    ``max_age`` ("35d", "12h", "6w"; "" for any age), judged by the clock: by a new release, or by
    a build that found nothing to do.
    """
    limit = _hours(max_age) if max_age else float("inf")
    shown = releases.latest(out)
    if shown is None:
        return [f"No release is shown in {out}: “outcomes build” makes one."], False
    try:
        record = releases.manifest(shown)
        made = releases.timestamp(record["release"])
    except Invalid as error:
        return [str(error)], False
    now = time.time()
    age, idle = (
        (now - made) / 3600,
        (now - max(made, releases.last_checked(out))) / 3600,
    )
    failing = releases.failing(record)
    lines = [
        f"Release {record['release']}, {age / 24:.1f} days old, {len(record['pages'])} pages."
    ]
    if idle > limit:
        lines.append(
            f"It is older than {max_age}, and no build has found it up to date since."
        )
    mend = "'outcomes build' mends it."
    if early := made > now + 3600:
        lines.append(f"It is dated in the future, as a clock was wrong: {mend}")
    damaged = releases.damage(shown, record)
    lines += [f"{path} {wrong}: {mend}" for path, wrong in damaged.items()]
    for entry in failing:
        lines.append(
            f"{entry['handle']}  {entry['state']}  {index.reason(entry['error'])}"
        )
    return lines, not (failing or early or damaged or idle > limit)


def _hours(text: str) -> float:
    found = re.fullmatch(r"(\d+)([hdw])", text)
    if not found:
        raise Invalid(
            f"--max-age {text!r} is not understood; write it as 35d, 12h or 6w."
        )
    return int(found[1]) * _HOURS[found[2]]
