"""Export and import: a question as a page of the plan, its answer as files, an analyst's own figures."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from outcomes import data
from outcomes.core.errors import Invalid
from outcomes.core.formatting import count, slug
from outcomes.data import quality, tables, vocabularies
from outcomes.explore.queries import RECORDED, STREET
from outcomes.ingest import published_figures, published_figures_checks

# notebook of each programme; and parameter, vocabulary, and the control that it follows
_PAGES = {
    RECORDED: ("county/trend_monitor", "offences offence_group measure"),
    STREET: ("county/area_profile", "area district area", "year crime_year end"),
    "op_warrior": (
        *("programmes/op_warrior", "measures op_warrior_measure measure"),
        "period_unit period_unit by",
    ),
    "fraud": ("programmes/fraud", "measures fraud_measure measure"),
    "county_lines": (
        "programmes/county_lines",
        "measures county_lines_measure measure",
    ),
    "modern_slavery": (
        "programmes/modern_slavery",
        "series modern_slavery_series series",
    ),
    "no_more_knives": ("programmes/no_more_knives", "area nmk_area area"),
    "project_adder": ("programmes/project_adder", "district district area"),
    "clear_hold_build": ("programmes/clear_hold_build", "area chb_area area"),
    "op_sceptre": ("programmes/op_sceptre", "wave sceptre_wave wave"),
}


def page(a, title: str = "") -> str:
    """The ``[[page]]`` entry of the report that answers a question, for ``reports.toml``.

    Raises :class:`Invalid` when no report is about the programme.
    """
    if a.programme not in _PAGES:
        raise Invalid("No report is about this programme, so it has no page to make.")
    notebook, *follows = _PAGES[a.programme]
    given = _parameters(a, follows)
    name = notebook.rpartition("/")[2].replace("_", " ")
    title = " ".join(title.split())
    if not title:
        values = (re.sub("[^A-Za-z0-9]+", " ", v).strip() for v in given.values())
        title = f"{name.capitalize()}: {' '.join(values)}"
    pairs = ", ".join(
        f"{p} = {json.dumps([v] if p in ('measures', 'offences') else v)}"
        for p, v in given.items()
    )
    lines = {
        "handle": f"{slug(name)}/{slug(title.partition(':')[2] or title)}",
        "notebook": notebook,
        "title": title,
        "group": {STREET: "districts", RECORDED: "county"}.get(
            a.programme, "programmes"
        ),
    }
    text = "".join(
        f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in lines.items()
    )
    return f"[[page]]\n{text}" + (f"parameters = {{ {pairs} }}\n" if pairs else "")


def _parameters(a, follows: list[str]) -> dict[str, str]:
    """The parameters of a report that a question settles, those that it may have."""
    areas = data.areas().set_index("area")["name"]
    words = {m: word for word, m in vocabularies.SERIES.items()}
    asked = vars(a) | {
        "area": areas.get(a.areas[0], a.areas[0]),
        "series": words.get(a.measure),
    }
    waves = [w for w in vocabularies.choices("sceptre_wave") if w[:4] <= (a.end or "9")]
    asked["wave"] = waves[-1] if waves else None
    triples = map(str.split, follows)
    return {
        p: asked[c]
        for p, vocabulary, c in triples
        if asked[c] in vocabularies.choices(vocabulary)
    }


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
    return f"Added to {file.name}. Build it with: outcomes build {handle}"


def export(found, a, folder: Path) -> list[Path]:
    """Write a finding's table as CSV and its figure as SVG, named by the question."""
    folder.mkdir(parents=True, exist_ok=True)
    name = slug(f"{a.programme} {a.measure} {a.areas[0]} {a.chart}")
    files = []
    if found.frame is not None:
        files.append(folder / f"{name}.csv")
        found.frame.to_csv(files[-1], index=False, lineterminator="\n")
    if drawn := found.svg:
        files.append(folder / f"{name}.svg")
        files[-1].write_text(drawn, encoding="utf-8")
    return files


def own_figures(content: bytes) -> str:
    """Let figures of an analyst's own file stand beside the register's, for this session only.

    The file has the columns of ``data/published/figures.csv``. It is taken only when the checks
    of the register and the gate of the tables pass; :class:`Invalid` lists what does not.
    """
    home, folder = tables.root(), Path(tempfile.mkdtemp(prefix="outcomes-"))
    shutil.copytree(home, folder, dirs_exist_ok=True)
    published, own = folder / "published", folder / "own.csv"
    own.write_bytes(content)
    given = {
        n: published_figures_checks.read(published / f"{n}.csv", c)
        for n, c in published_figures_checks.INPUTS.items()
    }
    try:
        register, given["figures"] = (
            given["figures"],
            published_figures_checks.read(
                own, published_figures_checks.INPUTS["figures"]
            ),
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise Invalid("The file is not a CSV in UTF-8 that can be read.") from None
    published_figures_checks.stop(published_figures_checks.rows(given))
    both = pd.concat([register, given["figures"]], ignore_index=True)
    again = both.duplicated(published_figures_checks.IDENTITY).sum()
    both.drop_duplicates(published_figures_checks.IDENTITY).to_csv(
        published / "figures.csv", index=False
    )
    published_figures.build(published, folder / "clean")
    published_figures_checks.stop(quality.errors(folder / "clean"))
    os.environ["OUTCOMES_DATA"] = str(folder)
    known = f" {again} stood in the register already." if again else ""
    new = len(given["figures"]) - again
    verb = "is" if new == 1 else "are"
    return f"{count(new, 'figure')} of your own {verb} in this session.{known}"
