"""A notebook and a page to begin with: valid from the first run, for an analyst to change."""

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from outcomes.core.errors import Invalid
from outcomes.publish import notebook_outputs, plan, releases

_NAME = r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*"

_LOAD = {
    "own": """
        rows = oc.own("{own}")
        label, measure, noun = "{label}", "{measure}", "{noun}"
        every = rows[[label, measure]].dropna()
        assert every[label].is_unique, "Keep one row for each name: some stand in several."
        shown = every.nlargest(int(most_rows), measure)
    """,
    "": """
        rows = oc.street_crime("district", force=home, year=year)
        label, measure, noun = "district", "n", "burglaries"
        burglaries = rows[rows["type"] == "Burglary"]
        every = burglaries.groupby(label, as_index=False)[measure].sum()
        shown = every.nlargest(15, measure)
    """,
}

_WORDS = {
    "thing": "district",
    "noun": "burglaries",
    "asked": 'year = ""  # crime_year: the year that is looked at; empty for the latest',
    "checked": "crime_year=year",
    "latest": 'year = oc.latest_choice("crime_year", year)',
    "period": ", period=year",
}
_OWN_WORDS = {
    "thing": "row",
    "asked": "most_rows = 15  # positive: how many rows are shown",
    "checked": "positive=most_rows",
    "latest": "",
    "period": "",
}

_CELLS = [
    (
        "markdown",
        """
        # {title}

        **Which {thing} has the most {noun}?** Say here what the page is about, in two sentences a \
resident would understand: what was counted, by whom, and where.
        """,
    ),
    (
        "parameters",
        """
        {asked}
        """,
    ),
    (
        "code",
        """
        import matplotlib.pyplot as plt
        import seaborn as sns

        import outcomes as oc
        from outcomes import charts
        from outcomes.core.formatting import count, extremes, number

        charts.set_theme()
        oc.check_parameters({checked})
        {latest}
        home = oc.collection.force
        oc.page(area=home{period})
        """,
    ),
    ("markdown", "## The data\n\nSay what a row is, and what is left out."),
    ("code", "{load}"),
    ("markdown", "## The answer"),
    (
        "code",
        """
        most = shown.iloc[0]
        oc.answer(
            "yes",
            f"{{most[label]}} has the most {{noun}}: {{number(most[measure])}}.",
            detail="Say how sure that is: an interval, a test, what is ruled out.",
            value=most[measure],
            unit=noun,
            verdict="published",
            sources=rows,
        )
        """,
    ),
    ("markdown", "## Side by side\n\nSay what the chart shows, and how to read it."),
    (
        "code",
        """
        fig, ax = plt.subplots(figsize=(5, 0.9 + 0.28 * len(shown)))
        sns.barplot(shown, x=measure, y=label, color=charts.NAVY, ax=ax)
        charts.title(ax, noun.capitalize(), xlabel="", ylabel="")

        oc.finding(
            "side-by-side",
            f"{{most[label]}} has the most {{noun}} of {{count(len(every), '{thing}')}}.",
            alt=f"Bars of {{noun}}, {{extremes(shown, label, measure)}}.",
            figure=fig,
            table=shown,
            caption=f"{{noun.capitalize()}} by {{label}}",
            value=most[measure],
            unit=noun,
            sources=rows,
            headline=True,
        )
        """,
    ),
    (
        "markdown",
        """
        ## What this cannot show

        Say what a reader might conclude, and should not.

        ## Method

        Say how the numbers were made, in the terms of the field.
        """,
    ),
    ("code", "oc.provenance()"),
]


def write_notebook(
    folder: Path, name: str, title: str, own: str = "", columns: Sequence[str] = ()
) -> Path:
    """Write a report notebook to begin with; gives its path.

    Parameters
    ----------
    folder
        The project's folder.
    name
        Where it goes below ``notebooks``: "programmes/asb_survey".
    title
        Its heading.
    own
        A table of one's own that it reads, by name; without one it reads the burglaries of districts.
    columns
        Of that table: the column that names its rows, and the one that is measured.

    Raises
    ------
    Invalid
        When the name is none, or a notebook of that name is there already.
    """
    name = name.removesuffix(".ipynb").removeprefix("notebooks/")
    if not re.fullmatch(_NAME, name):
        raise Invalid(
            f"a notebook is named FOLDER/NAME in small letters, digits and _, such as "
            f"programmes/asb_survey, not {name!r}."
        )
    path = folder / "notebooks" / f"{name}.ipynb"
    if path.exists():
        raise Invalid(f"notebooks/{name}.ipynb is there already; it stays as it is.")
    label, measure = columns or ("", "")
    noun = measure.replace("_", " ").lower()
    load = textwrap.dedent(_LOAD["own" if own else ""]).strip()
    load = load.format(own=own, label=label, measure=measure, noun=noun)
    words = {"title": title, "load": load} | (_OWN_WORDS if own else _WORDS)
    words |= {"noun": noun} if own else {}
    cells = [
        {
            "cell_type": "code" if kind == "parameters" else kind,
            "metadata": {"tags": ["parameters"]} if kind == "parameters" else {},
            "source": textwrap.dedent(text)
            .strip()
            .format(**words)
            .replace("\n\n\n", "\n\n"),
        }
        for kind, text in _CELLS
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook_outputs.write(path, notebook_outputs.normalise({"cells": cells}))
    return path


def add_page(file: Path, entry: Mapping[str, Any]) -> str:
    """Append a page to a plan once the plan with it has been read; gives the entry's text.

    ``entry`` holds handle, notebook, title, group and, where some are asked for, parameters.

    Raises
    ------
    Invalid
        With the sentence of ``outcomes list`` for that plan; the file then stays as it is.
    """
    lines = [
        f"{key} = {_toml(value)}"
        for key, value in entry.items()
        if value not in ({}, "")
    ]
    text = "[[page]]\n" + "\n".join(lines) + "\n"
    trial = file.with_name(f".{file.name}.part")
    whole = f"{file.read_text(encoding='utf-8').rstrip()}\n\n{text}"
    try:
        trial.write_text(whole, encoding="utf-8")
        plan.read(trial).resolve([str(entry["handle"])])
    except Invalid as error:
        raise Invalid(str(error).replace(trial.name, file.name)) from None
    finally:
        trial.unlink(missing_ok=True)
    releases.write_whole(file, whole)
    return text


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
