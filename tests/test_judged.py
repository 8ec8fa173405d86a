"""How a run is judged and started, and how a release is vetted: no kernel is started here."""

import json
import logging
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill import PapermillExecutionError

from notebook_maker import PARAMETERS, fact, notebook
from outcomes.core.mime import PROVENANCE
from outcomes.data import tables
from outcomes.publish import execute as run
from outcomes.publish import kernels, releases, review, staleness

DONE = {"output_type": "display_data", "data": {PROVENANCE: {"reads": []}}}
ERROR = {"output_type": "error", "ename": "KeyError", "evalue": "'x'"}
STREAM = {"output_type": "stream", "name": "stdout", "text": "x"}
GIVEN = {"tags": ["injected-parameters"]}


def cell(*outputs, count=1, **changes):
    made = {
        "cell_type": "code",
        "source": "1",
        "metadata": {},
        "execution_count": count,
    }
    return made | {"outputs": list(outputs)} | changes


TEXT = {"cell_type": "markdown", "source": "Text", "metadata": {}}


@pytest.mark.parametrize(
    ("cells", "name", "message", "number"),
    [
        ([TEXT, cell(STREAM), cell(STREAM, DONE)], None, "", None),
        ([cell(DONE), TEXT, cell(count=None, source=" \n")], None, "", None),
        (
            [{"cell_type": "code", "source": "1", "execution_count": 1}, cell(DONE)],
            None,
            "",
            None,
        ),
        ([TEXT, cell(STREAM, ERROR), cell(DONE)], "KeyError", "'x'", 2),
        ([cell(metadata=GIVEN), TEXT, cell(ERROR)], "KeyError", "'x'", 2),
        ([cell(ERROR), cell(metadata=GIVEN)], "KeyError", "'x'", 1),
        (
            [cell(), cell(DONE, count=None)],
            "NotRun",
            "the run stopped before this cell, without an error",
            2,
        ),
        (
            [cell(metadata=GIVEN), cell(DONE, count=None)],
            "NotRun",
            "the run stopped before this cell, without an error",
            1,
        ),
        (
            [cell(DONE), cell(STREAM)],
            "NoProvenance",
            "its last code cell did not show the provenance",
            None,
        ),
        (
            [TEXT],
            "NoProvenance",
            "its last code cell did not show the provenance",
            None,
        ),
    ],
)
def test_an_executed_notebook_is_judged_by_its_cells(cells, name, message, number):
    found = run.complete({"cells": cells})
    assert found == (name and {"name": name, "message": message, "cell": number})


@pytest.mark.parametrize(
    "source",
    [
        "!ls",
        "x = 1\n  !ls",
        "a, b = !ls",
        "%sx ls",
        "%%bash\nls",
        " %%sh",
        "%system ls",
        "%%!\nls",
    ],
)
def test_a_notebook_with_a_shell_command_is_refused_by_its_cell(source):
    said = "it runs a shell command, whose failure would pass unseen"
    found = run.refused(
        {"cells": [TEXT | {"source": "!x"}, cell(), cell(source=source)]}
    )
    assert found == {"name": "ShellCommand", "message": said, "cell": 3}


@pytest.mark.parametrize("source", ["x != 1", "'!'", "%matplotlib inline", "%shout"])
def test_what_is_no_shell_command_is_not_refused(source):
    assert run.refused({"cells": [cell(source=source)]}) is None


@pytest.fixture
def job(tmp_path):
    path = notebook(tmp_path / "demo.ipynb", "1")
    limits = run.Limits(2.5, 1024, 5)
    return run.Job(
        "demo", str(path), {"wave": "x"}, str(tmp_path / "out.ipynb"), limits
    )


@pytest.fixture
def papermill(monkeypatch):
    """papermill as it would answer: with an executed notebook, or with an error."""
    calls = []

    def answer(found):
        def execute(source, output, parameters, **options):
            calls.append((source, output, parameters, options))
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr("papermill.execute_notebook", execute)
        return calls

    return answer


def cell_error(name="KeyError", value="'x'", index=3):
    return PapermillExecutionError(index, 4, "1", name, value, [])


@pytest.mark.parametrize(
    ("error", "name", "message", "number"),
    [
        (cell_error(), "KeyError", "'x'", 3),
        (cell_error(index=1), "KeyError", "'x'", 2),
        (
            cell_error("MemoryError", "no room"),
            "MemoryError",
            "it needs more than the limit of 1024 MB of memory: no room",
            3,
        ),
        (CellExecutionError("", "KeyError", "'x'"), "KeyError", "'x'", None),
        (
            CellTimeoutError("slow"),
            "Timeout",
            "the page took longer than the limit of 2.5 seconds",
            None,
        ),
        (
            DeadKernelError("x"),
            "KernelDied",
            "the kernel ended before the notebook did",
            None,
        ),
        (OSError(28, "No space left"), "OSError", "[Errno 28] No space left", None),
        (
            {"cells": [cell()]},
            "NoProvenance",
            "its last code cell did not show the provenance",
            None,
        ),
    ],
)
def test_each_end_of_a_run_is_named(job, papermill, error, name, message, number):
    papermill(error)
    found = run.execute(job)
    assert found.error == {"name": name, "message": message, "cell": number}
    assert found.handle == "demo" and 0 <= found.seconds < 60
    assert not Path(job.output).exists()


@pytest.mark.parametrize(
    ("parameters", "given", "numbers"),
    [
        (PARAMETERS, {"wave": "x"}, {1: 2, 2: 3, 3: 3, 4: 4}),
        (PARAMETERS, {}, {1: 2, 2: 3, 3: 4}),
        (None, {"wave": "x"}, {1: 1}),
    ],
)
def test_the_cell_of_an_error_is_that_of_the_notebook_as_written(
    tmp_path, papermill, parameters, given, numbers
):
    """papermill puts a cell of its own after the one with the parameters, or none."""
    path = notebook(tmp_path / "demo.ipynb", "1", parameters=parameters)
    job = run.Job("demo", str(path), given, str(tmp_path / "out.ipynb"))
    for index, number in numbers.items():
        papermill(cell_error(index=index))
        assert run.execute(job).error["cell"] == number


def test_a_run_that_ends_well_puts_its_output_in_place_whole(
    job, papermill, monkeypatch
):
    monkeypatch.setattr(sys, "platform", "linux")
    done = {"cells": [cell(DONE, source="'£'")]}
    calls = papermill(done)
    assert run.execute(job).error is None
    assert json.loads(Path(job.output).read_text("utf-8")) == done
    names = sorted(p.name for p in Path(job.output).parent.iterdir())
    assert names == ["demo.ipynb", "out.ipynb"]
    ((source, output, parameters, options),) = calls
    assert (source, parameters) == (job.notebook, {"wave": "x"})
    assert output is None, "it is written by us, when it is a success"
    folder = options["resources"]["metadata"]["path"]
    assert not Path(folder).exists(), "the folder it ran in is gone"
    assert options["extra_arguments"] == [
        f"--IPKernelApp.ipython_dir={folder}",
        "--HistoryManager.enabled=False",
        "--IPKernelApp.extra_extensions=outcomes.publish.kernels",
        "--Limits.seconds=2.5",
        "--Limits.memory=1024",
        "--Limits.output=5",
    ]
    assert options["config"].KernelManager == {
        "transport": "ipc",
        "connection_file": f"{folder}/k.json",
    }
    assert options["shutdown_kernel"] == "immediate"
    assert 1 < options["timeout_func"](None) <= 2.5
    assert options["progress_bar"] is options["request_save_on_cell_execute"] is False


@pytest.mark.parametrize(
    ("folder", "platform"), [("/" + "x" * 79, "linux"), ("/tmp/x", "win32")]
)
def test_kernels_talk_over_tcp_where_a_local_socket_is_not_possible(
    folder, platform, monkeypatch
):
    monkeypatch.setattr(sys, "platform", platform)
    config = run._options(folder, run.Limits(), 0)["config"]
    assert "KernelManager" not in config
    monkeypatch.setattr(sys, "platform", "linux")
    assert "KernelManager" in run._options("/" + "x" * 78, run.Limits(), 0)["config"]


def test_a_cell_has_the_time_that_is_left_for_the_page(monkeypatch):
    monkeypatch.setattr(run.time, "monotonic", lambda: 100.0)
    left = run._options("/tmp/x", run.Limits(), 107.5)["timeout_func"]
    assert left(None) == 7.5
    assert run._options("/tmp/x", run.Limits(), 99.0)["timeout_func"](None) == 0.01


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-9, ": it was killed (signal 9), as happens when memory runs out"),
        (0, " (exit code 0)"),
        (3, " (exit code 3)"),
        (None, ""),
    ],
)
def test_how_a_kernel_ended_is_said(job, papermill, code, said, monkeypatch):
    monkeypatch.setattr(kernels, "ended", SimpleNamespace(get=lambda folder: code))
    papermill(DeadKernelError("x"))
    ended = f"the kernel ended before the notebook did{said}"
    assert run.execute(job).error["message"] == ended


def test_pages_run_so_many_at_a_time_and_the_rest_is_dropped_when_nobody_waits(
    monkeypatch,
):
    stopped = []
    monkeypatch.setattr(kernels, "stop", lambda: stopped.append(1))
    jobs = [run.Job(f"p{n}", "", {}, "") for n in range(5)]
    done = run.run(iter(jobs), workers=1, work=lambda j: run.Result(j.handle, 1.0))
    assert sorted(r.handle for r in done) == [j.handle for j in jobs] and not stopped
    assert list(run.run([], workers=0)) == []
    began = []

    def work(job):
        began.append(job.handle)
        return run.Result(job.handle, 1.0)

    results = run.run(jobs, workers=1, work=lambda j: work(j))
    next(results)
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt())
    assert stopped == [1]


@pytest.mark.parametrize(("workers", "most"), [(0, 1), (1, 1), (2, 2), (9, 6)])
def test_as_many_pages_run_at_once_as_there_are_workers(workers, most):
    running, seen = set(), []

    def work(job):
        running.add(job.handle)
        until = time.monotonic() + 10
        while max([len(running), *seen]) < most and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.02)
        seen.append(len(running))
        running.discard(job.handle)
        return run.Result(job.handle, 1.0)

    jobs = [run.Job(f"p{n}", "", {}, "") for n in range(6)]
    assert len(list(run.run(jobs, workers=workers, work=work))) == 6
    assert max(seen) == most


def test_how_the_kernel_of_a_page_ended_is_said_with_its_failure(job, monkeypatch):
    def execute(source, output, parameters, **options):
        kernels.ended[options["resources"]["metadata"]["path"]] = 3
        raise DeadKernelError("x")

    monkeypatch.setattr(kernels, "ended", {})
    monkeypatch.setattr("papermill.execute_notebook", execute)
    message = "the kernel ended before the notebook did (exit code 3)"
    assert run.execute(job).error == {
        "name": "KernelDied",
        "message": message,
        "cell": None,
    }


def test_libraries_log_nothing_once_pages_are_to_run(monkeypatch):
    started = []
    monkeypatch.setattr(kernels, "start", lambda: started.append(1))
    before = logging.root.manager.disable
    try:
        run.prepare()
        assert logging.root.manager.disable == logging.CRITICAL and started == [1]
    finally:
        logging.disable(before)


# Vetting


@pytest.fixture
def looked(tmp_path, monkeypatch):
    """A release with one page and nothing to find; what is planted is given."""
    monkeypatch.setattr(review.quality, "errors", lambda clean: [])
    monkeypatch.setattr(review.quality, "cautions", lambda clean: [])
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/privacy.toml").write_text("")

    def make(html="", findings=(), table="", name="new", **page):
        record = {
            "handle": "demo",
            "path": "demo.html",
            "title": "Demo",
            "state": "built",
            "error": None,
            "reads": [],
            "findings": list(findings),
            "parameters": {},
            "inputs": "",
            "source": "",
            "code": "",
            "lock": "",
        } | page
        folder = tmp_path / "site/releases" / name
        releases.write(folder / "demo.html", html)
        for one in findings:
            releases.write(folder / f"demo/{one['name']}.csv", table)
        content = {"release": name, "pages": [record], "methods": []}
        releases.write(folder / "manifest.json", json.dumps(content))
        return folder

    return make


def found(folder):
    made = review.checks(folder.parents[1], folder, folder.parents[2])
    return {c.name: (c.verdict, c.reasons) for c in made if c.verdict != "pass"}


PAGE = (
    '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Demo</title></head>'
    '<body><main id="main"><h1>Demo</h1>{}</main></body></html>'
)


def disclosed(folder):
    return found(folder)["disclosure"][1] if "disclosure" in found(folder) else []


def test_small_counts_are_read_from_what_a_reader_sees(looked):
    html = PAGE.format(
        "<style>p { 3 people }</style><p>Of&nbsp;them 3 &amp; 2 people.</p>"
        '<details class="code"><pre>4 people\n</pre></details><p>One</p><p>child</p>'
        "<p>Two children, Two children; 3<b> people</b>.</p>"
    )
    said = " is a small count that no source has published."
    assert disclosed(looked(html)) == [
        f"demo.html: “2 people”{said}",
        f"demo.html: “Two children”{said}",
    ]


def test_small_counts_are_read_from_columns_of_people(looked):
    table = "area,Arrests of people,n (shops),people\nx,3,2,0\ny,12,1,4\nz,-3,,5\n"
    said = " is a small count that no source has published."
    assert disclosed(looked("", [fact("found", "None.")], table)) == [
        f"demo/found.csv: “Arrests of people: 3”{said}",
        f"demo/found.csv: “people: 4”{said}",
    ]


@pytest.mark.parametrize("wrong", ["url", "number"])
def test_a_small_count_must_be_that_of_the_source_cited_beside_it(
    looked, monkeypatch, wrong
):
    monkeypatch.setattr(review, "published_counts", lambda: {("u", 3)})
    one = fact("found", "None.", sources=[{"url": link, "title": ""} for link in "vu"])
    html = PAGE.format("<p>3 people</p>")
    assert disclosed(looked(html, [one], "people\n3\n")) == []
    if wrong == "url":
        one["sources"].pop()
    else:
        html = html.replace("3", "2")
    assert len(disclosed(looked(html, [one], "people\n3\n"))) == (
        2 if wrong == "url" else 1
    )


def test_personal_data_are_named_with_file_and_place(looked):
    folder = looked(PAGE.format("<p>jo@example.org</p>"))
    verdict, (reason,) = found(folder)["personal data"]
    assert verdict == "fail" and "e-mail address “jo@example.org”." in reason
    assert reason.startswith("demo.html, line 1")


def test_each_page_that_cannot_be_read_by_all_is_named(looked):
    folder = looked(PAGE.format("<img src='data:image/x'>"))
    releases.write(folder / "b/c.html", PAGE.format("<img src='data:image/x'>"))
    releases.write(folder / "b/c.txt", "<img>")
    said = ": an image has no alternative text."
    assert found(folder) == {
        "accessibility": ("fail", [f"b/c.html{said}", f"demo.html{said}"]),
        "files": (
            "fail",
            [
                f"b/c.{kind} is no part of any page, and no build makes it."
                for kind in ("html", "txt")
            ],
        ),
    }


def test_pages_that_failed_and_pages_that_are_gone_are_said(looked):
    error = {"name": "KeyError", "message": "x.", "cell": 2}
    folder = looked(PAGE.format(""), state="failed", error=error)
    reason = "demo.html failed, there is no version of it: KeyError: x (cell 2)."
    assert found(folder) == {"pages": ("review", [reason])}
    folder = looked(PAGE.format(""), state="kept", error=error)
    reason = "demo.html failed, its last good version is shown: KeyError: x (cell 2)."
    assert found(folder) == {"pages": ("review", [reason])}
    folder = looked(PAGE.format(""), path="gone.html")
    left = "demo.html is no part of any page, and no build makes it."
    assert found(folder) == {"files": ("fail", ["gone.html is missing.", left])}


def test_only_contradicted_headlines_are_said(looked):
    findings = [
        fact("a", "A.", verdict="contradicted"),
        fact("b", "B."),
        fact("c", "C.", verdict="contradicted", headline=False),
    ]
    said = ["Demo, headline a: A."]
    assert found(looked(PAGE.format(""), findings, "n\n9\n")) == {
        "contradictions": ("review", said)
    }


def test_tables_that_changed_are_named_once_in_order_before_the_cautions(
    looked, monkeypatch
):
    asked = []
    caution = review.quality.Caution("July is incomplete.", "coverage")
    monkeypatch.setattr(
        review.quality, "cautions", lambda c: asked.append(c) or [caution, caution]
    )
    monkeypatch.setattr(review.quality, "errors", lambda c: asked.append(c) or ["E."])
    monkeypatch.setattr(staleness, "table_digest", lambda table: "now")
    reads = [
        {"table": t, "file": f}
        for t, f in (("b", "x"), ("a", "x"), ("c", "now"), ("a", "y"))
    ]
    assert found(looked(PAGE.format(""), reads=reads)) == {
        "tables": ("fail", ["E."]),
        "data gaps": (
            "review",
            [
                "These tables have changed since it was built: a, b.",
                "July is incomplete.",
            ],
        ),
    }
    assert asked == [tables.root() / "clean"] * 2


def test_moves_are_told_against_the_public_release_or_the_one_before(looked):
    def moves(folder):
        return found(folder).get("large moves", ("", []))[1]

    for name, value in (("a", 10.0), ("b", 20.0), ("c", 26.0), ("d", 10.0)):
        folder = looked(PAGE.format(""), [fact(value=value, unit="")], "n\n9\n", name)
    out = folder.parents[1]
    why = "Why: no reason is recorded: the page does not repeat."
    assert moves(out / "releases/a") == []
    assert moves(out / "releases/c") == [
        f"moved by 30%: Demo, found: 20 became 26 (up 6). {why}"
    ]
    releases.link(out, "public", "a")
    assert moves(out / "releases/c") == [
        f"moved by 160%: Demo, found: 10 became 26 (up 16). {why}"
    ]
    assert moves(out / "releases/b") == [
        f"moved by 100%: Demo, found: 10 became 20 (up 10). {why}"
    ]
    assert moves(out / "releases/d") == []
    releases.link(out, "public", "d")
    assert len(moves(out / "releases/c")) == 1, (
        "what was made later is no release before"
    )


def test_a_headline_that_is_gone_is_said_and_other_findings_are_left_alone(looked):
    findings = [
        fact("gone", "A."),
        fact("stays", "B."),
        fact("moved", "C.", value=10.0, unit=""),
        fact("aside", "D.", headline=False),
    ]
    looked(PAGE.format(""), findings, "n\n9\n", "a")
    moved = fact("moved", "E.", value=8.0, lower=1, unit="")
    folder = looked(
        PAGE.format(""), [findings[1], moved], "n\n9\n", "b", title="New", source="t"
    )
    said = ["Demo: the headline gone is gone: A."]
    assert found(folder)["large moves"] == ("review", said)
    folder = looked(
        PAGE.format(""), [findings[1], moved | {"value": 7.0}], "n\n9\n", "b"
    )
    assert found(folder)["large moves"][1][1].startswith(
        "moved by 30%: Demo, moved: 10 became 7 ("
    )


@pytest.mark.parametrize(
    ("was", "new", "share"),
    [
        ((10.0, None, None), (12.5, None, None), 0.25),
        ((-10.0, None, None), (-5.0, None, None), 0.5),
        ((0.0, None, None), (0.0, None, None), 0),
        ((0.0, None, None), (3.0, None, None), 1),
        ((10.0, None, None), (None, 1.0, 2.0), 1),
        ((None, 10.0, 20.0), (None, 11.0, 30.0), 0.5),
        ((None, 10.0, None), (None, 10.0, None), 0),
    ],
)
def test_a_move_is_a_share_of_what_was(was, new, share):
    keys = ("value", "lower", "upper")
    assert (
        review.share_moved(*(dict(zip(keys, v, strict=True)) for v in (was, new)))
        == share
    )


def test_five_reasons_of_a_check_are_told_and_the_rest_counted():
    reasons = [f"R{n}." for n in range(7)]
    made = [("a", "pass", []), ("b", "fail", reasons[:5]), ("c", "review", reasons)]
    assert review.report([review.Check(*c) for c in made]) == [
        "pass    a",
        "fail    b",
        *(f"        R{n}." for n in range(5)),
        "review  c",
        *(f"        R{n}." for n in range(5)),
        "        And 2 more.",
    ]


def test_only_small_published_counts_of_people_are_known(monkeypatch):
    import pandas as pd

    names = {"a": "arrests of children", "b": "knives"}
    rows = [("a", "published", 1), ("a", "published", 4), ("a", "published", 0)]
    rows += [("a", "published", 6), ("a", "derived", 2), ("b", "published", 3)]
    figures = pd.DataFrame(rows, columns=["measure", "basis", "value"]).assign(url="u")
    figures["measure_name"] = figures["measure"].map(names)
    fake = SimpleNamespace(published_figures=lambda *, vintages: figures)
    monkeypatch.setattr(review, "published_figures", fake)
    assert review.published_counts() == {("u", 1), ("u", 4)}
