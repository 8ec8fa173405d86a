"""From raw files to the tables in ``data/clean``: run once, by hand, when new files arrive.

``outcomes data build SOURCE`` or ``python -m outcomes.ingest SOURCE``. The same source gives the
same bytes. Nothing else in the package reads the raw files.
"""

from pathlib import Path


def build(source: Path, published: Path, clean: Path) -> list[str]:
    """Build every clean table; return the names of the files written, sorted.

    ``source`` is the folder of raw files, ``published`` that of the figures as transcribed, and
    ``clean`` where the tables go. Raises :class:`outcomes.data.errors.Invalid` with a sentence
    when a raw file is missing, cut short or holds something that is not known.
    """
    from outcomes.ingest import figures, geography, package, police_uk, recorded

    figures.build(published, clean)
    places = geography.build(source, clean)
    police_uk.build(source, clean, places)
    recorded.build(source, clean, places)
    package.build(clean.parent)
    return sorted(path.name for path in clean.iterdir())
