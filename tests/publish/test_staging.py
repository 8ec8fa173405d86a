"""Releases made from notebooks that are executed already: every stage of a build, quickly."""

import json
import os
import re
from pathlib import Path

import pytest

from notebook_maker import entry, fact, notebook, plan
from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.publish import build as site
from outcomes.publish import (
    changes,
    cluster,
    execute,
    parameters,
    releases,
    render,
    staging,
    staleness,
)
from outcomes.publish import plan as plans

FIRST, SECOND, THIRD = "1700000000", "1700100000", "1700200000"


BROKEN = execute.failure("KeyError", "'n'", 4)


class Home:
    """A plan's folder whose pages show what they are told to; a build runs no kernel."""

    def __init__(self, folder: Path, patch):
        self.folder, self.patch, self.ran, self.heard = folder, patch, [], []
        self.shows, self.fails, self.reads, self.meanwhile = {}, set(), {}, lambda: None
        self.cautions = []
        patch.setenv("OUTCOMES_DATA", str(folder / "data"))
        releases.write(folder / "data/clean/counts.csv", "n\n1\n")
        releases.write(folder / "data/clean/others.csv", "n\n1\n")
        releases.write(folder / "data/datapackage.json", '{"resources": []}')
        releases.write(folder / "data/glossary.csv", "term,meaning,source\n")
        patch.setattr(os, "sync", lambda: None)
        patch.setattr(execute, "prepare", lambda: self.ran.append("prepared"))
        patch.setattr(execute, "run", self._run)
        patch.setattr(site, "check_tables", lambda out: self.cautions)

    def page(self, handle: str, **more) -> str:
        """An entry of the plan, and its notebook."""
        name = more.pop("notebook", handle)
        notebook(self.folder / f"notebooks/{name}.ipynb", "1")
        self.shows.setdefault(handle, [fact("found", f"Of {handle}.")])
        return entry(handle, name, more.pop("title", handle.title()), **more)

    def plan(self, *entries: str) -> None:
        plan(self.folder, "".join(entries))

    def build(self, *handles: str, day: str = FIRST, **options) -> site.Release:
        self.patch.setenv("SOURCE_DATE_EPOCH", day)
        self.ran, self.heard = [], []
        found = plans.read(self.folder / "reports.toml")
        options = {
            "workers": 3,
            "tell": lambda *given: self.heard.append(given),
        } | options
        return site.build(
            found, found.resolve(handles), out=self.folder / "site", **options
        )

    def _run(self, jobs, workers):
        self.workers = workers
        for job in jobs:
            yield self.result(job)

    def result(self, job) -> execute.Result:
        self.ran.append(job.handle)
        self.meanwhile()
        if job.handle in self.fails:
            return execute.Result(job.handle, 1.256, BROKEN)
        content = json.loads(Path(job.notebook).read_text("utf-8"))
        reads = self.reads.get(job.handle, [{"table": "counts", "where": {}}])
        for one in self.shows[job.handle]:
            plain = f'<figure id="{one["name"]}">{one.get("sentence")}</figure>'
            html = one.get("html", plain)
            self._show(content["cells"][3], {"text/html": html, FINDING: one})
        self._show(content["cells"][4], {PROVENANCE: {"reads": reads}})
        releases.write(Path(job.output), json.dumps(content))
        return execute.Result(job.handle, 1.256)

    @staticmethod
    def _show(cell: dict, data: dict) -> None:
        cell["outputs"].append(
            {"output_type": "display_data", "metadata": {}, "data": data}
        )


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    made = Home(tmp_path, monkeypatch)
    made.plan(made.page("one"), made.page("area/two", notebook="two"))
    return made


def states(release) -> dict:
    return {e["handle"]: e["state"] for e in release.entries}


def test_what_is_recorded_of_a_page_word_for_word(home):
    home.plan(
        home.page("area/two", notebook="two", title="Two: a part", schedule="weekly")
    )
    releases.write(
        home.folder / "requirements.lock", "a==1\n --hash=sha256:" + "0" * 64
    )
    made = home.build()
    (one,) = made.entries
    findings = one.pop("findings")
    assert [f["sentence"] for f in findings] == [
        "Of area/two."
    ] and "table" not in findings[0]
    rests = staleness.fingerprint(
        plans.read(home.folder / "reports.toml"), site.Page("area/two", "two", "")
    )
    reads = staleness.readings([{"table": "counts", "where": {}}])
    assert one == {
        "handle": "area/two",
        "notebook": "two",
        "title": "Two: a part",
        "group": "county",
        "schedule": "weekly",
        "parameters": {},
        "path": "area/two.html",
        "label": "a part",
        "state": "built",
        "built": made.path.name,
        "tried": made.path.name,
        "error": None,
        "why": "it is new",
        "changes": [],
        "changed": "",
        "replaced": "",
        "earlier": [],
        "seconds": 1.26,
        "source": rests["source"],
        "code": rests["code"],
        "lock": rests["lock"],
        "reads": reads,
        "inputs": staleness.inputs_digest(reads),
        "vintage": "Newest publication 14 June 2024",
        "question": "",
        "elsewhere": [],
    }
    assert home.heard == [("area/two", 1.256, None)] and home.workers == 3
    assert home.ran == ["prepared", "area/two"]
    assert made.new and made.shown == home.folder / "site/latest/index.html"


def test_a_release_holds_its_record_and_all_that_speaks_of_the_whole(home):
    releases.write(home.folder / "CHANGELOG.md", "- **Method** £ by £.\n")
    releases.write(
        home.folder / "requirements.lock", f"a==1 \\\n    --hash=sha256:{'0' * 64}\n"
    )
    home.cautions = [
        {"said": "Old & late.", "tables": [], "where": {}, "sources": [], "aged": True},
        {
            "said": "Half < lost.",
            "tables": ["others"],
            "where": {},
            "sources": [],
            "aged": False,
        },
    ]
    home.reads = {"area/two": [{"table": "others", "where": {}}]}
    made = home.build()
    text = (made.path / "manifest.json").read_text("utf-8")
    record = json.loads(text)
    assert (
        text == json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        and "£ by £." in text
    )
    told = {
        "release": made.path.name,
        "since": "",
        "sentence": "2 pages; first release.",
        "answers": [],
        "lines": [],
    }
    assert record == {
        "release": made.path.name,
        "version": staging.outcomes.__version__,
        "methods": ["£ by £."],
        "cautions": home.cautions,
        "lessons": staleness.lessons_digest(home.folder),
        "beside": staleness.beside_digest(plans.read(home.folder / "reports.toml")),
        "history": [told],
        "pages": made.entries,
        "files": record["files"],
    }
    pages = {
        n: re.sub(r"sha256-[^']+", "", (made.path / f"{n}.html").read_text("utf-8"))
        for n in ("index", "one", "area/two")
    }
    assert "Old &amp; late." in pages["index"] and "Half" not in pages["index"]
    assert "Half &lt; lost." in pages["area/two"] and "Old" not in pages["area/two"]
    assert "Take care" not in pages["one"]
    assert (
        json.loads((made.path / "sbom.json").read_text("utf-8"))["components"][0][
            "name"
        ]
        == "a"
    )
    assert (made.path / "findings.csv").read_text("utf-8").count("\n") == 3
    assert made.path.name in (made.path / "feed.xml").read_text("utf-8")
    assert (
        'href="../index.html"' in pages["area/two"]
        and 'href="index.html"' in pages["one"]
    )
    version = (
        f"version {staging.outcomes.__version__}, digest {staleness.code_digest()[:12]}"
    )
    assert f"<dd>{version}</div>" in pages["one"]
    source = parameters.load(home.folder / "notebooks/two.ipynb")
    shipped = parameters.load(made.path / "notebooks/two.ipynb")
    told = [["".join(c["source"]) for c in one["cells"]] for one in (source, shipped)]
    assert told[0] == told[1]


def test_the_feed_remembers_twenty_releases(home):
    for n in range(22):
        home.shows["one"] = [fact("found", f"Number {n}.")]
        made = home.build("one", day=str(1700000000 + n), force=True, keep=2)
    past = releases.manifest(made.path)["history"]
    assert len(past) == 20 and past[0]["since"] == past[1]["release"]
    assert past[0]["lines"] == [
        "One, found: now reads: Number 21. Why: no reason is recorded: the page does not repeat."
    ]
    whole = [
        p.parent.name for p in (home.folder / "site/releases").glob("*/index.html")
    ]
    assert len(whole) == 2 and len(releases.names(home.folder / "site")) == 22


def test_a_page_that_moved_says_so_and_why(home):
    releases.write(home.folder / "CHANGELOG.md", "- **Method** Old.\n")
    first = home.build()
    releases.write(
        home.folder / "CHANGELOG.md", "- **Method** New.\n- **Method** Old.\n"
    )
    home.shows["one"] = [fact("found", "Of one.", value=30.0)]
    notebook(home.folder / "notebooks/one.ipynb", "2")
    made = home.build(day=SECOND)
    change = {
        "name": "found",
        "said": "23.8% became 30% (up 6.2)",
        "why": "change of method: New.; the notebook changed",
    }
    assert [(e["changes"], e["changed"]) for e in made.entries] == [
        ([change], made.path.name),
        ([], ""),
    ]
    assert [e["handle"] for e in made.changed] == ["one"] and first.changed == []
    assert home.ran == ["prepared", "one"], "the other had not changed"
    assert changes.told(made.entries[0]) in (made.path / "one.html").read_text("utf-8")
    third = home.build(day=THIRD, force=True)
    assert third.entries[0]["changes"] == [change] and third.changed == []
    assert "What changed" in (third.path / "one.html").read_text("utf-8")


def test_a_build_with_nothing_to_do_makes_no_release_and_is_remembered(home):
    first = home.build()
    found = plans.read(home.folder / "reports.toml")
    assert releases.up_to_date(home.folder / "site", staleness.site_digest(found.file))
    assert not (home.folder / "site/.staging").exists()
    again = home.build(day=FIRST)
    assert (again.new, again.path, again.entries) == (False, first.path, first.entries)
    assert home.ran == [] and again.shown == first.shown
    home.build("one")
    assert not releases.up_to_date(
        home.folder / "site", staleness.site_digest(found.file)
    )
    home.cautions = [
        {"said": "x", "tables": [], "where": {}, "sources": [], "aged": True}
    ]
    assert home.build(day=SECOND).new and home.ran == [], (
        "another caution, the same pages"
    )


def test_pages_not_asked_for_are_carried_and_pages_not_due_unchanged(home):
    table = home.folder / "data/clean/counts.csv"
    releases.write(table, "district,n\nBurnley,1\nPreston,1\n")
    home.reads = {"one": [{"table": "counts", "where": {"district": "Burnley"}}]}
    home.build()
    releases.write(table, "district,n\nBurnley,2\nPreston,1\n")
    made = home.build("one", day=SECOND)
    assert states(made) == {"one": "built", "area/two": "carried"}
    assert made.entries[0]["why"] == "rows it reads changed: counts"
    assert (made.path / "area/two/found.csv").is_file()
    releases.write(table, "district,n\nBurnley,2\nPreston,3\n")
    third = home.build(day=THIRD)
    assert states(third) == {"one": "unchanged", "area/two": "built"}
    assert third.entries[0]["reads"][0]["file"] == staleness.table_digest("counts")
    assert third.entries[0]["built"] == made.path.name
    for path in ("one.html", "one/found.csv"):
        assert (third.path / path).read_bytes() == (made.path / path).read_bytes()


def test_tables_are_looked_at_once_for_all_pages_that_are_taken_over(home, monkeypatch):
    handles = [f"page-{n}" for n in range(9)]
    home.plan(*(home.page(handle) for handle in handles))
    home.reads = {handle: [{"table": "counts", "where": {}}] for handle in handles}
    home.build()
    looked, digest_of = [], staleness.table_digest
    monkeypatch.setattr(
        staleness,
        "table_digest",
        lambda table: looked.append(table) or digest_of(table),
    )
    versions, walked = staleness.versions, []
    monkeypatch.setattr(staleness, "versions", lambda: walked.append(1) or versions())
    notebook(home.folder / "notebooks/page-0.ipynb", "2")
    made = home.build(day=SECOND)
    assert list(states(made).values()) == ["built"] + ["unchanged"] * 8
    assert len(looked) <= 11, "once a page to find the stale, and once for all others"
    assert len(walked) <= 4


def test_a_page_is_not_called_unchanged_where_a_table_changes_during_the_build(home):
    home.reads = {"one": [{"table": "counts", "where": {}}]}
    before = home.build().entries[0]["reads"]
    notebook(home.folder / "notebooks/two.ipynb", "2")
    table = home.folder / "data/clean/counts.csv"
    home.meanwhile = lambda: releases.write(table, "n\n2\n")
    made = home.build(day=SECOND)
    assert made.entries[0]["state"] == "carried"
    assert made.entries[0]["reads"] == before, "the next build sees that it changed"


def test_a_failing_page_is_kept_with_a_notice_until_it_recovers(home):
    first = home.build()
    home.fails = {"one"}
    made = home.build(day=SECOND, force=True)
    assert home.heard[0] == ("one", 1.256, BROKEN)
    one = made.entries[0]
    kept = {k: first.entries[0][k] for k in staging._GOOD}
    assert one == one | kept | {
        "state": "kept",
        "error": BROKEN,
        "tried": made.path.name,
    }
    assert [e["handle"] for e in made.failed] == ["one"]
    html = (made.path / "one.html").read_text("utf-8")
    assert "<strong>This is the version of 14 November 2023.</strong>" in html
    assert (
        "The page could not be rebuilt on 16 November 2023.</p><p>Reason: KeyError: 'n'"
        in (html.replace("&#x27;", "'"))
    )
    assert (made.path / "one/found.csv").is_file()
    found = plans.read(home.folder / "reports.toml")
    assert not releases.up_to_date(
        home.folder / "site", staleness.site_digest(found.file)
    )
    other = home.build("area/two", day=THIRD, force=True)
    assert other.entries[0] == one and other.failed == [], "it was not asked for"
    home.fails = set()
    healed = home.build(day=THIRD)
    assert home.ran == ["prepared", "one"] and states(healed)["one"] == "built"
    assert "This is the version" not in (healed.path / "one.html").read_text("utf-8")


def test_a_page_that_never_worked_says_why(home):
    home.fails = {"area/two"}
    made = home.build()
    two = made.entries[1]
    assert (two["state"], two["findings"], two["reads"]) == ("failed", [], [])
    assert (two["inputs"], two["vintage"], two["changes"]) == ("", "", [])
    html = (made.path / "area/two.html").read_text("utf-8")
    assert "Reason: KeyError: 'n' (cell 4)" in html.replace("&#39;", "'").replace(
        "&#x27;", "'"
    )
    assert '<a href="../index.html">' in html and "<h1>Area/Two</h1>" in html
    again = home.build("one", day=SECOND, force=True)
    assert again.entries[1] == two, "it was not asked for"
    again = home.build(day=SECOND)
    assert again.entries[1]["state"] == "failed"
    home.fails = set()
    assert home.build(day=THIRD).entries[1]["changes"] == []


def test_a_page_that_may_not_be_shown_keeps_its_last_good_version_and_its_tables(home):
    first = home.build()
    bad = "<figure id='found'><img src='https://a.example/x'></figure>"
    home.shows["one"] = [fact("found", "Bad.", html=bad), fact("second", "Two.")]
    made = home.build(day=SECOND, force=True)
    error = made.entries[0]["error"]
    assert error["name"] == "PageCheck" and error["cell"] is None
    assert home.heard[0] == ("one", 1.256, error)
    assert sorted(p.name for p in (made.path / "one").iterdir()) == ["found.csv"]
    assert (made.path / "one/found.csv").read_bytes() == (
        first.path / "one/found.csv"
    ).read_bytes()
    home.shows["one"] = [{"name": "no finding"}]
    third = home.build(day=THIRD, force=True)
    assert third.entries[0]["error"]["name"] == "KeyError"


def test_tables_of_a_version_that_failed_late_are_taken_away(home, monkeypatch):
    home.build()
    home.shows["one"] = [fact("found", "New."), fact("second", "Two.")]

    def moved(old, new, name, methods):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(changes, "moved", moved)
    made = home.build("one", day=SECOND, force=True)
    assert made.entries[0]["error"]["name"] == "OSError"
    assert [p.name for p in (made.path / "one").iterdir()] == ["found.csv"]


def test_a_page_may_lead_to_whatever_its_release_holds(home):
    held = ["index.html", "findings.csv", "manifest.json", "feed.xml", "area/two.html"]
    held += ["notebooks/two.ipynb", "one/found.csv"]
    links = "".join(f"<a href='{path}'>x</a>" for path in held)
    html = f"<figure id='found'>{links}</figure>"
    home.shows["one"] = [fact("found", "A.", html=html)]
    assert home.build().failed == []
    home.shows["one"] = [fact("found", "A.", html=html.replace("feed.xml", "gone.xml"))]
    (failed,) = home.build(day=SECOND, force=True).failed
    assert "gone.xml" in failed["error"]["message"]


def test_three_faults_of_a_page_are_named_and_no_more(home):
    images = "".join(f"<img src='https://{n}.example/x' alt='x'>" for n in "abcd")
    home.shows["one"] = [
        fact("found", "Bad.", html=f"<figure id='found'>{images}</figure>")
    ]
    message = home.build().entries[0]["error"]["message"]
    assert (
        message.count("; ") == 2
        and "a.example" in message
        and "d.example" not in message
    )


def test_a_page_whose_notebook_or_tables_change_while_it_runs_is_to_be_built_again(
    home,
):
    home.meanwhile = lambda: releases.write(
        home.folder / "data/clean/counts.csv", "n\n9\n"
    )
    made = home.build()
    said = "data/clean/counts.csv changed while it ran, by a page or by something else"
    assert [e["error"]["message"].partition(", so ")[0] for e in made.failed] == [
        said,
        said,
    ]


def test_pages_taken_over_while_tables_change_are_looked_at_by_the_next_build(home):
    home.reads["one"] = home.reads["area/two"] = [{"table": "counts", "where": {}}]
    assert home.build().failed == []
    home.shows["one"] = [fact("found", "Another.")]
    notebook(home.folder / "notebooks/one.ipynb", "2")
    table = home.folder / "data/clean/counts.csv"
    home.meanwhile = lambda: releases.write(table, "n\n9\n")
    made = home.build(day=SECOND)
    assert [e["handle"] for e in made.failed] == ["one"]
    home.meanwhile = lambda: None
    made = home.build(day=THIRD)
    assert {e["handle"]: e["built"] for e in made.entries} == {
        "one": made.path.name,
        "area/two": made.path.name,
    }


def test_executed_notebooks_of_a_killed_build_are_used_again_unless_forced(home):
    def killed(at):
        def meanwhile():
            if len(home.ran) > at:
                raise KeyboardInterrupt

        return meanwhile

    def interrupted(**options):
        home.meanwhile = killed(2)
        with pytest.raises(KeyboardInterrupt):
            home.build(**options)
        home.meanwhile = lambda: None

    interrupted()
    assert home.ran == ["prepared", "one", "area/two"]
    home.build()
    assert home.ran == ["prepared", "area/two"]
    assert [(h, s) for h, s, _ in home.heard] == [("one", 0.0), ("area/two", 1.256)]
    for at, options in enumerate(({"resume": False}, {"force": True})):
        home.plan(
            home.page("one"), home.page("area/two", notebook="two", title=f"Two {at}")
        )
        notebook(home.folder / "notebooks/one.ipynb", f"{at} + 1")
        interrupted()
        home.build(day=SECOND, **options)
        assert home.ran[0] == "prepared", options
        assert sorted(home.ran[1:]) == ["area/two", "one"], options


def test_pages_may_be_run_on_a_cluster_instead(home, monkeypatch):
    asked = []

    def results(jobs, address):
        asked.append(address)
        yield from map(home.result, jobs)

    monkeypatch.setattr(cluster, "results", results)
    made = home.build(scheduler="tcp://a:1")
    assert asked == ["tcp://a:1"] and made.failed == []
    assert home.ran == ["one", "area/two"], "no kernel is prepared here"


def test_pages_of_one_notebook_lead_to_each_other(home):
    waves = [
        home.page(h, notebook="one", title=f"One: {h}", parameters={"wave": w})
        for h, w in (("one", "2023-11"), ("one/may", "2024-05"))
    ]
    home.plan(*waves, home.page("two"))
    made = home.build()
    one, may, two = (
        (made.path / f"{n}.html").read_text("utf-8") for n in ("one", "one/may", "two")
    )
    assert '<li><a href="one/may.html">one/may</a></li>' in one
    assert '<li><a href="../one.html">one</a></li>' in may
    assert "The same page for other choices" not in two


def test_a_page_taken_out_of_the_plan_makes_a_release_without_it(home):
    home.build()
    home.plan(home.page("one"))
    made = home.build(day=SECOND)
    assert made.new and home.ran == [] and states(made) == {"one": "unchanged"}
    assert not (made.path / "area").exists()


def test_a_page_whose_links_lead_nowhere_once_all_is_there_stops_the_release(
    home, monkeypatch
):
    first = home.build()
    gone = '<nav><a href="gone.html">x</a></nav>'
    monkeypatch.setattr(staging.render, "siblings", lambda page, present: gone)
    with pytest.raises(RuntimeError) as error:
        home.build(day=SECOND, force=True)
    assert str(error.value).startswith("one.html may not be published: ")
    assert releases.latest(home.folder / "site") == first.path


def test_a_wrong_parameter_stops_a_build_before_anything_is_there(home):
    home.plan(home.page("one", parameters={"no": 1}))
    with pytest.raises(Invalid, match="parameter 'no' is not known"):
        home.build()
    assert not (home.folder / "site").exists()


def caution(said="Care.", **changes) -> dict:
    about = {
        "tables": ["crime"],
        "where": {"force": ["north", "south"]},
        "sources": [],
        "aged": False,
    }
    return {"said": said} | about | changes


def reading(table="crime", **where) -> dict:
    return {"table": table, "where": where}


PRINTED = [
    {"sources": [{"source": "s1"}, {"source": ""}], "sentence": "12 in East Wyre."},
    {"sources": [{"source": "s2"}, {}]},
]


@pytest.mark.parametrize(
    ("changes", "reads", "stands"),
    [
        ({}, [reading()], True),
        ({}, [reading(force="north")], True),
        ({}, [reading(force=["south", "west"])], True),
        ({}, [reading(force="west")], False),
        ({}, [reading(district="x")], True),
        ({}, [reading("other", force="north")], False),
        ({}, [reading("other"), reading(force="west"), reading(force="north")], True),
        ({}, [], False),
        (
            {"where": {"force": "north", "month": ["2024"]}},
            [reading(force="north", month="2024")],
            True,
        ),
        (
            {"where": {"force": "north", "month": ["2024"]}},
            [reading(force="north", month="2025")],
            False,
        ),
        ({"where": {}}, [reading(force="west")], True),
        ({"aged": True}, [reading()], False),
        ({"sources": ["s2", "s1"], "where": {"area": "east-wyre"}}, [reading()], True),
        ({"sources": ["s2", "s1"], "where": {"area": "west-wyre"}}, [reading()], False),
        ({"sources": ["s2", "s9"], "where": {"area": "east-wyre"}}, [reading()], False),
        ({"sources": ["s9"]}, [reading()], False),
        ({"sources": [""]}, [reading()], False),
    ],
)
def test_a_caution_concerns_pages_that_read_its_rows_and_cite_its_sources(
    changes, reads, stands
):
    care = [caution(**changes), caution("Of nothing.", tables=["none"])]
    assert staging.concerning(care, reads, PRINTED) == (["Care."] if stands else [])


def test_all_cautions_that_concern_a_page_are_said_in_order():
    care = [
        caution("A."),
        caution("Aged.", aged=True),
        caution("B.", tables=["x", "crime"]),
    ]
    assert staging.concerning(care, [reading()], []) == ["A.", "B."]
    assert render.cautions([]) == ""


def test_an_address_that_was_a_page_once_leads_on_with_every_release(home):
    moved = "[moved]\n'old/page' = 'one'\ngone = 'area/two'\n"
    home.plan(home.page("one"), home.page("area/two", notebook="two"), moved)
    made = home.build("one")  # what it would lead to is in the release, or it is not
    assert not (made.path / "gone.html").exists()
    html = (made.path / "old/page.html").read_text("utf-8")
    assert '<meta http-equiv="refresh" content="0; url=../one.html">' in html
    assert 'now part of <a href="../one.html">One</a>' in html
    assert (home.build(day=SECOND).path / "gone.html").is_file()
