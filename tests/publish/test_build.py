"""Pages of a plan built: one made to order, what it says, and that it stands apart."""

import json
import re
from pathlib import Path

import pytest

from notebook_maker import entry, fact, notebook, plan
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.publish import build as site
from outcomes.publish import execute, releases
from outcomes.publish import plan as plans


def kept(**changes) -> dict:
    """A page's record, as far as changes are told from it."""
    return {
        "handle": "demo",
        "notebook": "programmes/demo",
        "title": "Demo",
        "state": "built",
        "inputs": "i",
        "parameters": {},
        "source": "s",
        "code": "c",
        "lock": "l",
        "findings": [fact(value=1, unit="")],
        "reads": [{"rows": 3}, {"rows": 4}],
        "changes": [],
        "changed": "",
        "error": None,
    } | changes


MOVED = fact(value=2, unit="")


FIRST, SECOND = "20260101T000000Z-aa", "20260131T120000Z-bb"


@pytest.fixture
def out(tmp_path):
    """A site with two releases: one page stayed and moved, one went, one came."""
    first = {"pages": [kept(), kept(handle="gone", title="Gone")], "methods": ["Old."]}
    second = {
        "pages": [
            kept(findings=[MOVED], source="t"),
            kept(handle="came", title="Came"),
        ],
        "methods": ["New.", "Old."],
    }
    for name, content in ((FIRST, first), (SECOND, second)):
        text = json.dumps(content | {"release": name, "history": []})
        releases.write(tmp_path / "releases" / name / "manifest.json", text)
    releases.link(tmp_path, "latest", SECOND)
    return tmp_path


@pytest.fixture
def ordered(tmp_path, monkeypatch):
    """Order the page of a notebook that shows this finding when it runs."""
    notebook(tmp_path / "notebooks/programmes/demo.ipynb", "1")
    found = plans.read(plan(tmp_path, entry("area/demo")))
    heard = []
    reads = [{"table": "crime_monthly", "where": {}}]
    caution = {"said": "Half is lost.", "tables": ["crime_monthly"], "where": {}}
    caution |= {"sources": [], "aged": False}
    monkeypatch.setattr(
        site, "check_tables", lambda out: [caution] * (out == tmp_path / "site")
    )
    monkeypatch.setattr(execute, "prepare", lambda: None)

    def make(given, one=None, error=None):
        def work(jobs, workers):
            (job,) = jobs
            if error is None:
                content = json.loads(Path(job.notebook).read_text("utf-8"))
                shown = {"text/html": f'<figure id="found">{one["sentence"]}</figure>'}
                for cell, data in zip(
                    content["cells"][3:],
                    (
                        shown | {FINDING: one},
                        {PROVENANCE: {"reads": reads}},
                    ),
                    strict=True,
                ):
                    cell["outputs"] = [
                        {"output_type": "display_data", "metadata": {}, "data": data}
                    ]
                folder = Path(job.output).parent
                assert folder.parent == tmp_path / "site/adhoc"
                assert folder.name.startswith(".staging-"), (
                    "what is half made is hidden"
                )
                with open(job.output, "w", encoding="utf-8") as file:
                    json.dump(content, file)
            heard.append((job.handle, job.parameters, job.limits))
            yield execute.Result(job.handle, 2.0, error)

        monkeypatch.setattr(execute, "run", work)
        tell = lambda *given: heard.append(given)  # noqa: E731
        (page,) = found.resolve(given=given)
        out = tmp_path / "site"
        made = site.build_custom(found, page, given, out=out, tell=tell)
        return made, heard

    return make


def test_a_page_to_order_says_what_it_was_made_with_and_stands_apart(ordered, tmp_path):
    made, heard = ordered({"wave": "2024-05", "confidence": "0.9"}, fact())
    folder = made.shown.parent
    assert made.failed is None and made.shown.name == "page.html"
    assert re.fullmatch(r"area-demo-[0-9a-f]{8}", folder.name)
    assert folder.parent == tmp_path / "site/adhoc"
    given = {"wave": "2024-05", "confidence": 0.9}
    assert heard == [("area/demo", given, execute.Limits()), ("area/demo", 2.0, None)]
    html = made.shown.read_text("utf-8")
    assert (
        '<div class="notice"><p>Made to order, with wave: May 2024; confidence: 0.9. It is not '
        "part of the published site.</p></div>"
    ) in html
    assert "<li>Half is lost.</li>" in html
    assert 'href="page/found.csv"' in html
    assert sorted(p.name for p in folder.rglob("*")) == [
        "found.csv",
        "page",
        "page.html",
    ]
    again, _ = ordered(
        {"confidence": "0.9", "wave": "2024-05"}, fact(sentence="Now other.")
    )
    assert again.shown == made.shown and "Now other." in made.shown.read_text("utf-8")
    other, _ = ordered({"wave": "2024-05"}, fact())
    assert other.shown != made.shown
    assert len(list((tmp_path / "site/adhoc").iterdir())) == 2


def test_a_page_to_order_that_may_not_be_shown_leaves_nothing(ordered, tmp_path):
    error = execute.failure("KeyError", "x", 2)
    made, heard = ordered({"wave": "2024-05"}, error=error)
    assert made.failed == error and heard[-1] == ("area/demo", 2.0, error)
    bad = fact(sentence="<img src='https://a.example/x.png' alt='x'>")
    made, heard = ordered({"wave": "2024-05"}, bad)
    assert made.failed["name"] == "PageCheck"
    assert "a.example" in made.failed["message"] and heard[-1][2] == made.failed
    assert list((tmp_path / "site/adhoc").iterdir()) == []
