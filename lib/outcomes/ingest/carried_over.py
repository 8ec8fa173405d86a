"""Do the tables of published figures follow from ``data/published``, from which alone they are made?

``data/published/made.txt`` names the bytes of both as they were when the tables were made. While it
stands there is nothing to do; else the tables are made again beside and compared row by row. No
heavy library is loaded before that.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from outcomes.core.errors import Invalid

STAMP = "made.txt"
TABLES = ("programmes", "measures", "areas", "sources", "figures")


def breaches(data: Path) -> list[str]:
    """Where the register's tables in ``data/clean`` are not what ``data/published`` makes of them,
    a sentence each; none where there is no register."""
    published, clean = data / "published", data / "clean"
    if not (published / "figures.csv").is_file() or _stamp(published) == digests(data):
        return []
    from outcomes.ingest import published_figures

    with TemporaryDirectory() as folder:
        try:
            published_figures.build(published, Path(folder))
        except Invalid as error:
            return [str(error)]
        found = list(differences(Path(folder), clean))
    if found:
        found.append(
            "After a change of data/published run outcomes data check, which says more."
        )
    return found


def differences(made: Path, clean: Path) -> Iterator[str]:
    """How the register's tables in ``clean`` differ from those ``made``, row by row."""
    for name in TABLES:
        path = clean / f"{name}.csv"
        if path.is_file() and path.read_bytes() == (made / path.name).read_bytes():
            continue
        want, have = (_rows(folder / path.name) for folder in (made, clean))
        said = [*_unlike(path.name, have, want)]
        yield from said or [
            f"{path.name} is not as data/published makes it: order or spelling."
        ]


def _unlike(name: str, have: dict, want: dict) -> Iterator[str]:
    for key, (line, row) in have.items():
        if key not in want:
            yield f"{name} row {line}: no row of data/published makes {key!r}."
            continue
        for column, value in want[key][1].items():
            if row.get(column) != value:
                yield (
                    f"{name} row {line}, column {column}: {row.get(column)!r} does not follow from "
                    f"data/published, which makes {value!r} of {key!r}."
                )
    for key in want.keys() - have.keys():
        yield f"{name} lacks {key!r}, which data/published makes."


def _rows(path: Path) -> dict[str, tuple[int, dict[str, str]]]:
    """The rows of a table by what its first column says, each with its line."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {
            next(iter(row.values())): (n, row) for n, row in enumerate(rows, start=2)
        }


def digests(data: Path) -> tuple[str, str]:
    """A sha256 of what the register is made from, and of the tables made."""
    clean = (data / "clean" / f"{name}.csv" for name in TABLES)
    return _total(sorted((data / "published").glob("*.csv"))), _total(clean)


def _total(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.is_file() else b""
        total.update(f"{path.name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def _stamp(published: Path) -> tuple[str, str] | None:
    lines = (
        (published / STAMP).read_text("utf-8").split()
        if (published / STAMP).is_file()
        else []
    )
    return (lines[1], lines[3]) if len(lines) == 4 else None


def unchanged(data: Path) -> bool:
    """Whether ``data/published`` is as it was when the tables were made."""
    known = _stamp(data / "published")
    return known is not None and known[0] == digests(data)[0]


def note(data: Path) -> None:
    """Remember that the tables follow from ``data/published`` as both are now."""
    published, clean = digests(data)
    text = f"published {published}\nclean {clean}\n"
    path = data / "published" / STAMP
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="")
