"""From raw files to the tables in ``data/clean``: run once, by hand, when new files arrive.

``outcomes data build SOURCE`` makes every table; ``outcomes data refresh`` takes single months of
street-level crime in. The same source gives the same bytes. Nothing else reads the raw files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.core.errors import Invalid, one_of

if TYPE_CHECKING:
    from outcomes.ingest.download import Web


def build(source: Path, data: Path) -> list[str]:
    """Build every table in ``clean`` of a data folder; the names of its files, sorted.

    The tables are made beside those that are there, checked, and put in place all at once.

    Parameters
    ----------
    source
        The folder of raw files: ``geography``, ``police_uk``, ``recorded_crime``, ``health``.
    data
        The data folder. It holds ``published``, the published figures as transcribed, and
        ``tables.toml``, which describes the tables.

    Raises
    ------
    Invalid
        Where a raw file is missing, cut short or holds something that is not known, or the tables
        made of them would not be sound. What was there stays.
    """
    from outcomes.data import quality, schema
    from outcomes.ingest import (
        datapackage,
        geography,
        police_uk,
        published_figures,
        published_figures_stamp,
        recorded_crime,
        refresh,
    )

    clean = data / "clean"
    clean.mkdir(exist_ok=True)
    with refresh.work_folder(data) as work:
        new = work / "clean"
        new.mkdir(parents=True)
        for name in (schema.PACKAGE, datapackage.TABLES):
            if (data / name).is_file():
                shutil.copyfile(data / name, work / name)
        published_figures.build(data / "published", new)
        places = geography.build(source, new)
        police_uk.build(source, new, places)
        recorded_crime.build(source, new, places)
        refresh.add_unchanged(new, clean)
        datapackage.build(work)
        if errors := quality.errors(new):
            raise Invalid(
                "The tables would not be sound, and stay as they are: "
                + " ".join(errors)
            )
        refresh.commit(work, data, refresh.changed_tables(new, clean))
        published_figures_stamp.write(data)
        datapackage.build(data)
    return sorted(path.name for path in clean.iterdir())


def take_months(
    paths: list[Path],
    data: Path,
    *,
    months: tuple[str, str] = ("", ""),
    forces: str = "",
    web: Web | None = None,
    agreed: Callable[[list[str], list[str]], bool],
    tell: Callable[[str], None] = lambda name: None,
    today: date | None = None,
) -> list[str]:
    """Take months of street-level crime into the tables; the names of those that changed.

    Parameters
    ----------
    paths
        Folders of street files, single files, or archives of data.police.uk.
    data
        The data folder.
    months
        Without ``paths``: the first and last month to download, "2022-11". The last may be "",
        which is the latest published.
    forces
        Slugs separated by commas, or "all"; by default those whose neighbourhoods are held.
    web
        Where months are downloaded from.
    agreed
        Is given the changes in words and the tables they touch, and says whether to go on.
    tell
        Is called with the name of each file that is done.
    today
        The day of the refresh; months that have not ended by then are refused.

    Raises
    ------
    Invalid
        Where neither or both of files and months are given, or a file cannot be used. The tables
        are then as they were.
    """
    from outcomes.data import tables
    from outcomes.ingest import download, refresh, street_files, street_panel

    if bool(paths) == any(months):
        raise Invalid(
            "give a SOURCE of street files, or the months to download: --from and --to."
        )
    places = street_panel.read_places(data / "clean")
    known = sorted(set(places.districts["force"]))
    wanted = known if forces else sorted(set(places.lsoas["force"]))
    if forces not in ("", "all"):
        every = sorted(tables.rows("forces", ["force"], clean=data / "clean")["force"])
        wanted = [one_of(name.strip(), every, "force") for name in forces.split(",")]
    if paths:
        found = street_files.find(paths)
        files = [file for file in found if file.force in wanted or forces == "all"]
        others = sorted({file.force for file in found} - {file.force for file in files})
        lost = [f"{name}: files are passed over: give --forces." for name in others]
    else:
        files, lost = download.download_months(
            months, wanted, data / ".downloads", web or download.Web(), tell
        )
    if not files:
        raise Invalid(f"there is no file of {', '.join(wanted)}. {' '.join(lost)}")
    return refresh.take_files(
        files,
        data,
        agreed=lambda said, tables: agreed([*lost, *said], tables),
        today=today or date.today(),
        tell=tell,
    )
