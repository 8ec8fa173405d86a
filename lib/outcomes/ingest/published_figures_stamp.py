"""Do the tables of published figures follow from ``data/published``, from which alone they are made?

The stamp ``data/published/made.txt`` holds a digest of both as they were when the tables were made.
While both match there is nothing to do; else the tables are made again beside and compared row by
row. No heavy library is loaded before that.
"""

import csv
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from outcomes.core.errors import Invalid

FILE = "made.txt"
TABLES = ("programmes", "measures", "areas", "sources", "figures")


def breaches(data: Path) -> list[str]:
    """Where the tables in ``clean`` of a data folder are not those that its ``published`` makes.

    A sentence each; none where there are no published figures.
    """
    published, clean = data / "published", data / "clean"
    if not (published / "figures.csv").is_file() or _read(data) == digests(data):
        return []
    from outcomes.ingest import published_figures

    with TemporaryDirectory() as folder:
        try:
            published_figures.build(published, Path(folder))
        except Invalid as error:
            return [str(error)]
        found = differences(Path(folder), clean)
    if found:
        found.append(
            "After a change of data/published run outcomes data check, which says more."
        )
    return found


def differences(made: Path, clean: Path) -> list[str]:
    """How the tables of published figures in ``clean`` differ from those ``made``, row by row."""
    found = []
    for name in (f"{table}.csv" for table in TABLES):
        new, old = made / name, clean / name
        if old.is_file() and old.read_bytes() == new.read_bytes():
            continue
        want, have = _rows_by_key(new), _rows_by_key(old)
        said = []
        for key, (line, row) in have.items():
            if key not in want:
                said.append(
                    f"{name} row {line}: no row of data/published makes {key!r}."
                )
                continue
            said += [
                f"{name} row {line}, column {column}: {row.get(column)!r} does not follow from "
                f"data/published, which makes {value!r} of {key!r}."
                for column, value in want[key][1].items()
                if row.get(column) != value
            ]
        said += [
            f"{name} lacks {key!r}, which data/published makes."
            for key in want.keys() - have.keys()
        ]
        found += said or [
            f"{name} is not as data/published makes it: order or spelling."
        ]
    return found


def _rows_by_key(path: Path) -> dict[str, tuple[int, dict[str, str]]]:
    """The rows of a table by what its first column says, each with its line; none without it."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = enumerate(csv.DictReader(file), start=2)
        return {next(iter(row.values())): (line, row) for line, row in rows}


def digests(data: Path) -> tuple[str, str]:
    """A sha256 of what the published figures are made from, and of the tables made."""
    published = sorted((data / "published").glob("*.csv"))
    totals = []
    for paths in (published, [data / "clean" / f"{name}.csv" for name in TABLES]):
        total = hashlib.sha256()
        for path in paths:
            content = path.read_bytes() if path.is_file() else b""
            digest = hashlib.sha256(content).hexdigest()
            total.update(f"{path.name} {digest}\n".encode())
        totals.append(total.hexdigest())
    return totals[0], totals[1]


def _read(data: Path) -> tuple[str, str] | None:
    path = data / "published" / FILE
    words = path.read_text("utf-8").split() if path.is_file() else []
    return (words[1], words[3]) if len(words) == 4 else None


def unchanged(data: Path) -> bool:
    """Whether ``published`` is as it was when the tables were made."""
    stamp = _read(data)
    return stamp is not None and stamp[0] == digests(data)[0]


def write(data: Path) -> None:
    """Remember that the tables follow from ``published`` as both are now."""
    published, clean = digests(data)
    text = f"published {published}\nclean {clean}\n"
    path = data / "published" / FILE
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="")
