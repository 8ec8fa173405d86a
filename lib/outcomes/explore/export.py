"""Export and import: a question as a page of the plan, its answer as files, an analyst's own figures."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from pathlib import Path

import pandas as pd

from outcomes.core import project
from outcomes.core.errors import Invalid, plain
from outcomes.core.formatting import count, listed, sentence_case, slug
from outcomes.data import quality, tables
from outcomes.explore import queries, questions
from outcomes.explore.queries import Question
from outcomes.findings.finding import Finding
from outcomes.ingest import published_figures, published_figures_checks

NOTEBOOK = "explore/question"
"""The report that asks whatever the controls ask."""
_LONGEST = 120  # letters of a file's name: systems take 255 bytes, with the folders 260 at times


def page(question: Question, title: str = "") -> str:
    """The ``[[page]]`` entry that asks a question whole, for ``reports.toml``.

    >>> question = questions.settle({"programme": "fraud", "measure": "losses"}).question
    >>> page(question).splitlines()[2]
    'notebook = "explore/question"'
    """
    title = " ".join(title.split()) or name_of(question)
    handle = slug(title)[:100].rstrip("-")
    lines = {
        "handle": f"explore/{handle}",
        "notebook": NOTEBOOK,
        "title": title,
        "group": "county" if question.about_crime else "programmes",
    }
    text = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in lines.items()
    )
    asked = {name: value for name, value in asdict(question).items() if value}
    asked["areas"] = list(question.areas)
    pairs = ", ".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in asked.items()
    )
    return f"[[page]]\n{text}parameters = {{ {pairs} }}\n"


def name_of(question: Question) -> str:
    """What a question asks, as the title of a page: whatever differs from the usual is said.

    >>> wish = {"programme": "street_crime", "measure": "burglary", "areas": ("Preston",)}
    >>> name_of(questions.settle(wish | {"start": "2020"}).question)
    'Burglary in Preston from 2020: over time'
    """
    noun = sentence_case(queries.subject(question).noun)
    years = f" from {question.start}" * bool(question.start)
    years += f" to {question.end}" * bool(question.end)
    about = {
        name: getattr(question, name) for name in ("programme", "measure", "chart")
    }
    usual = questions.settle(about | {"areas": question.areas}).question
    ways = [question.chart.lower()]
    for name in ("by", "unit", "comparison"):
        value = getattr(question, name)
        if value != getattr(usual, name):
            before = {"by": "by ", "comparison": "beside "}.get(name, "")
            ways.append(f"{before}{value[:1].lower()}{value[1:]}")
    if question.fact:
        ways.append(question.fact)
    return f"{noun} in {listed(question.areas)}{years}: {', '.join(ways)}"


def plan() -> Path:
    """``reports.toml`` in a folder above this one, or beside the data."""
    found = (folder / "reports.toml" for folder in Path.cwd().resolve().parents)
    return next(filter(Path.is_file, found), tables.root().parent / "reports.toml")


def add_page(entry: str, file: Path) -> str:
    """Append an entry to a plan once the plan with it has been checked; says how to build it.

    Raises :class:`Invalid` with the sentence of ``outcomes build --dry-run``; the plan then stays.
    """
    handle = entry.split('handle = "')[1].split('"')[0]
    trial = file.with_name(f".{file.name}.part")
    trial.write_text(
        f"{file.read_text(encoding='utf-8').rstrip()}\n\n{entry}", encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "outcomes",
        "build",
        handle,
        "--dry-run",
        "--plan",
        str(trial),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=file.parent)
    if done.returncode:
        trial.unlink()
        raise Invalid(
            done.stderr.strip()
            .removeprefix("outcomes: ")
            .replace(trial.name, file.name)
        )
    trial.replace(file)
    return f"Added to {file.name}. Build it with: {project.command('build', handle)}"


def rows(question: Question, found: Finding) -> pd.DataFrame:
    """What an answer rests on, row by row: days that sort, counts, residents, source and its date.

    >>> wish = {"programme": "recorded_crime", "measure": "robbery", "by": "quarter"}
    >>> question = questions.settle(wish).question
    >>> from outcomes.explore import findings
    >>> rows(question, findings.answer(question)).columns[:5].tolist()
    ['place', 'period_start', 'period_end', 'count', 'residents']
    """
    everywhere = question.chart == questions.SIDE
    everywhere |= question.comparison == questions.OTHERS
    if not question.about_crime:
        if question.chart == questions.ALLOWED:
            frame = queries.figures_with_parts(question)
            frame = frame.dropna(subset=["period_start", "period_end"])
        else:
            frame = queries.figures(question, everywhere=everywhere)
        if question.fact:
            frame = frame[frame["fact"] == question.fact]
        frame = frame.sort_values(["area", "period_start", "published"], kind="stable")
        named = {"area": "place", "measure_name": "counted", "url": "address"}
        columns = ["area", "measure_name", "period_start", "period_end", "value"]
        columns += [
            "qualifier",
            "unit",
            "publisher",
            "title",
            "published",
            "url",
            "note",
        ]
        return frame[columns].rename(columns=named).assign(exported=date.today())
    frame = queries.crime_counts(question, everywhere=everywhere)
    months = queries.STEPS[question.by]
    ends = pd.DateOffset(months=months, days=-1)
    sources = found.facts["sources"]
    credits = [listed(filter(None, (s["publisher"], s["title"]))) for s in sources]
    return pd.DataFrame(
        {
            "place": frame["area"],
            "period_start": frame["period"],
            "period_end": frame["period"] + ends,
            "count": frame["n"],
            "residents": frame["residents"].astype("Int64"),
            "a_month": (frame["n"] / months).round(2),
            "per_100000_residents": (1e5 * frame["n"] / frame["residents"]).round(2),
            "counted": queries.subject(question).noun,
            "source": "; ".join(credits),
            "published": "; ".join(filter(None, (s["published"] for s in sources))),
            "address": "; ".join(filter(None, (s["url"] for s in sources))),
            "exported": date.today(),
        }
    )


def files(found: Finding, question: Question) -> dict[str, str]:
    """What is exported, by file name: the rows as CSV (which Excel reads too), the chart as SVG.

    The name says the whole question, so that no answer is written over another's.
    """
    name = slug(f"{question.programme} {name_of(question)}")
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{sha256(name.encode()).hexdigest()[:8]}"
    table = rows(question, found)
    text = table.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
    made = {f"{name}.csv": f"\ufeff{text}"}
    if found.figure is not None:
        made[f"{name}.svg"] = found.svg
    return made


def export(found: Finding, question: Question, folder: Path) -> list[Path]:
    """Write what :func:`files` gives into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = files(found, question)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in made]


def own_figures(content: bytes, name: str = "own.csv") -> str:
    """Let figures of an analyst's own file stand beside the register's, for this session only.

    The file has the columns of ``data/published/figures.csv``. It is taken only when the checks
    of the register and the gate of the tables pass; :class:`Invalid` lists what does not, and calls
    the file by its ``name``.
    """
    with ExitStack() as until:
        folder = until.enter_context(tempfile.TemporaryDirectory(prefix="outcomes-"))
        new, again = _beside_the_register(content, plain(name), Path(folder))
        atexit.register(until.pop_all().close)
    os.environ["OUTCOMES_DATA"] = folder
    known = f" {again} stood in the register already." if again else ""
    verb = "is" if new == 1 else "are"
    return f"{count(new, 'figure')} of your own {verb} in this session.{known}"


def _beside_the_register(content: bytes, name: str, folder: Path) -> tuple[int, int]:
    """Tables with those figures in a folder; how many are new, and how many were known."""
    shutil.copytree(tables.root(), folder, dirs_exist_ok=True)
    published, own = folder / "published", folder / "own.csv"
    own.write_bytes(content)
    given = {
        n: published_figures_checks.read_input(published / f"{n}.csv", c)
        for n, c in published_figures_checks.INPUTS.items()
    }
    register = given["figures"]
    try:
        given["figures"] = published_figures_checks.read_input(
            own, published_figures_checks.INPUTS["figures"]
        )
    except Invalid as error:
        if error.__cause__ is None:
            raise Invalid(str(error).replace(own.name, name)) from None
        why = plain(error.__cause__)[:120].rstrip(".")
        raise Invalid(f"{name} cannot be read as CSV: {why}.") from None
    published_figures_checks.raise_problems(
        published_figures_checks.row_problems(given)
    )
    both = pd.concat([register, given["figures"]], ignore_index=True)
    again = both.duplicated(published_figures_checks.IDENTITY).sum()
    both.drop_duplicates(published_figures_checks.IDENTITY).to_csv(
        published / "figures.csv", index=False
    )
    published_figures.build(published, folder / "clean")
    published_figures_checks.raise_problems(quality.errors(folder / "clean"))
    return len(given["figures"]) - again, again
