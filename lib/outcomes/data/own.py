"""A table of one's own, read as the collection's are: cited, noted for rebuilds, checked."""

import pandas as pd

from outcomes.core import formatting, project
from outcomes.core.errors import Invalid, one_of
from outcomes.data import citations, own_files, tables
from outcomes.data.doors import door


@door
def own(name: str) -> pd.DataFrame:
    """A table of one's own, ``data/own/NAME.csv``, in JupyterLab and on a page alike.

    ``data/own/NAME.toml`` says what it holds: title, publisher, licence, and for each column its
    type (text, integer, number, date, boolean), what it is about, and its unit. The page that reads
    it cites it and is due again when a cell or the description changes; ``outcomes data check``
    and each build look at it first. As of a day (:func:`outcomes.as_of`) before the ``published``
    of its description it has no rows.

    Returns
    -------
    A frame with the columns that are declared, in their types; ``attrs["sources"]`` is the
    citation, ``attrs["units"]`` and ``attrs["about"]`` are by column.

    Raises
    ------
    Invalid
        When there is no such table, or its files are not sound: one sentence with column and line.

    Examples
    --------
    >>> own("survey")
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: There is no table of your own yet: put data/own/survey.csv there, \
and data/own/survey.toml, which says what it holds.
    """
    folder = tables.root() / "own"
    names = sorted(path.stem for path in folder.glob("*.csv"))
    name = name.removesuffix(".csv").removeprefix(project.OWN)
    if not names:
        raise Invalid(
            f"There is no table of your own yet: put data/own/{name}.csv there, and "
            f"data/own/{name}.toml, which says what it holds."
        )
    one_of(name, names, "table of your own")
    said = own_files.describe(folder / f"{name}.csv")
    frame = tables.read(project.OWN + name)
    day = said.published
    cited = {
        "source": project.OWN + name,
        "publisher": said.publisher,
        "title": said.title,
        "url": said.url,
        "published": formatting.date(str(day)) if day else "",
        "access": said.state,
    }
    frame.attrs = {
        "table": project.OWN + name,
        "sources": citations.Sources([cited]),
        "licence": said.licence,
        "state": said.state,
        "units": {key: column.unit for key, column in said.columns.items()},
        "about": {key: column.about for key, column in said.columns.items()},
    }
    return frame


def label_and_measure(frame: pd.DataFrame) -> tuple[str, str]:
    """The columns to begin with: what names the rows, and the first number that is no year.

    A column names the rows where no two rows are called alike. Rows of one name are not added up,
    for they may hold rates, or the same people at two times.

    Raises
    ------
    Invalid
        When the table has no number, or no column that names its rows.

    Examples
    --------
    >>> label_and_measure(pd.DataFrame({"place": ["Wyre"], "year": [2025], "asked": [40]}))
    ('place', 'asked')
    """
    numbers = frame.select_dtypes("number").columns
    labels = [name for name in frame.columns if name not in numbers]
    measures = [name for name in numbers if "year" not in name.lower()]
    if not labels or not measures:
        raise Invalid(
            "A report needs a column that names its rows, and one of numbers."
        )
    filled = frame.dropna(subset=measures[:1])
    alone = [name for name in labels if filled[name].is_unique]
    if not alone:
        names = filled.loc[filled[labels[0]].duplicated(), labels[0]]
        raise Invalid(
            f"{labels[0]} names several rows {str(names.iloc[0])!r}, and a report needs one row for "
            "each: keep one of them, such as the latest, or name the rows apart."
        )
    return alone[0], measures[0]
