"""From raw files to the tables in ``data/clean``: run once, by hand, when new files arrive.

``outcomes data build SOURCE`` makes every table; ``outcomes data refresh`` takes single months of
street-level crime in. The same source gives the same bytes. Nothing else reads the raw files.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from outcomes.core.errors import Invalid, one_of


def build(source: Path, published: Path, clean: Path) -> list[str]:
    """Build every clean table; return the names of the files written, sorted.

    ``source`` is the folder of raw files, ``published`` that of the figures as transcribed, and
    ``clean`` where the tables go. Raises :class:`outcomes.core.errors.Invalid` with a sentence
    when a raw file is missing, cut short or holds something that is not known.
    """
    from outcomes.ingest import (
        carried_over,
        datapackage,
        geography,
        police_uk,
        published_figures,
        recorded_crime,
    )

    published_figures.build(published, clean)
    if published.parent == clean.parent:
        carried_over.note(clean.parent)
    places = geography.build(source, clean)
    police_uk.build(source, clean, places)
    recorded_crime.build(source, clean, places)
    datapackage.build(clean.parent)
    return sorted(path.name for path in clean.iterdir())


def take_months(
    paths: list[Path],
    data: Path,
    *,
    months: tuple[str, str] = ("", ""),
    forces: str = "",
    web=None,
    agreed: Callable[[list[str], list[str]], bool],
    tell: Callable[[str], None] = lambda name: None,
    today: date | None = None,
) -> list[str]:
    """Take months of street-level crime from files, or download them; names of changed tables.

    ``paths`` are folders of street files, single files, or archives of data.police.uk; without
    any, ``months`` (first and last, "2022-11") are downloaded by ``web``. ``forces`` are slugs
    separated by commas, or "all"; by default those whose neighbourhoods the tables hold.
    """
    from outcomes.ingest import refresh

    if bool(paths) == any(months):
        raise Invalid(
            "give a SOURCE of street files, or the months to download: --from and --to."
        )
    files, lost = _files(paths, data, months, forces, web, tell)

    def told(said: list[str], tables: list[str]) -> bool:
        return agreed([*lost, *said], tables)

    return refresh.run(files, data, agreed=told, today=today, tell=tell)


def _files(paths, data, months, forces, web, tell) -> tuple[list, list[str]]:
    """The files to take, and what was passed over or is not to be had."""
    from outcomes.ingest import download, street_files, street_panel

    near = street_panel.places(data / "clean")
    known = sorted(set(near.districts["force"]))
    asked = sorted(set(near.lsoas["force"])) if not forces else known
    if forces not in ("", "all"):
        asked = [one_of(name.strip(), known, "force") for name in forces.split(",")]
    if paths:
        found = street_files.find(paths)
        files = [file for file in found if file.force in asked or forces == "all"]
        others = sorted({file.force for file in found} - {file.force for file in files})
        lost = [f"{name}: files are passed over: give --forces." for name in others]
    else:
        files, lost = download.months(
            months, asked, data / ".downloads", web or download.Web(), tell
        )
    if not files:
        raise Invalid(f"there is no file of {', '.join(asked)}. {' '.join(lost)}")
    return files, lost
