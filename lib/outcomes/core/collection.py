"""What is local: the collection's title, force, towns and divisions, from ``collection.toml``.

No name of a place stands elsewhere in the library, so that another office has its own pages by
changing that file.
"""

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from outcomes.core import formatting, project
from outcomes.core.errors import Invalid, one_of
from outcomes.core.project import FILE


@dataclass(frozen=True)
class Town:
    """A town made from whole wards of one district."""

    district: str
    wards: list[str]


@dataclass(frozen=True)
class Collection:
    """What ``collection.toml`` says. Places are given by name, ``force_code`` by its slug."""

    title: str
    organisation: str
    contact: str
    page: str
    """The address of the page that the collection starts from."""
    force: str
    constabulary: str
    address: str = ""
    """Where readers open the site, with a "/" at its end; "" where it has no address."""
    archive: str = ""
    """Where readers find earlier releases, with a "/" at its end; "" where they find none."""
    documentation: str = ""
    """Where readers find what `make docs` builds, with a "/" at its end; "" where they do not."""
    divisions: list[str] = field(default_factory=list)
    comparison_forces: list[str] = field(default_factory=list)
    towns: dict[str, Town] = field(default_factory=dict)
    publishers: dict[str, str] = field(default_factory=dict)
    compared: list[str] = field(default_factory=list)
    """Types of crime by which the index compares districts; the first shades its map."""
    missing_months: dict[str, str] = field(default_factory=dict)
    """Why months of street-level crime are missing, by "force" or "force 2020-06"."""

    @property
    def contact_link(self) -> str:
        """The contact as a link: an address of the web, or one that mail goes to."""
        mail = (
            "@" in self.contact and "/" not in self.contact and ":" not in self.contact
        )
        return f"mailto:{self.contact}" if mail else self.contact

    @property
    def force_code(self) -> str:
        """The slug of the home force: "lancashire"."""
        return formatting.slug(self.force)


def read(file: Path) -> Collection:
    """The collection that a file declares.

    Raises :class:`Invalid` where the file is missing or is no TOML, for a key that is not known
    and for one that is missing.
    """
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise Invalid(
            f"{file} is not there: it says whose collection this is."
            f"{project.where_it_may_be()}"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{file} cannot be read as TOML: {error}.") from None
    known = [one.name for one in fields(Collection)]
    for key in said:
        one_of(key, known, f"{FILE}: the key")
    for key in ("title", "organisation", "contact", "page", "force", "constabulary"):
        if not isinstance(said.get(key), str) or not said[key].strip():
            raise Invalid(f"{FILE} needs {key!r}, as text.")
    for key in ("address", "archive", "documentation"):
        if not re.fullmatch(r"(https?://\S+/)?", said.get(key, "")):
            raise Invalid(
                f"{FILE}: {key} must begin with https:// and end with /, or be left out."
            )
    towns = {}
    for name, town in said.get("towns", {}).items():
        if set(town) != {"district", "wards"}:
            raise Invalid(
                f"{FILE}: town {name!r} needs a district and wards, and no more."
            )
        towns[name] = Town(**town)
    said["towns"] = towns
    return Collection(**said)


collection = read(project.folder() / FILE)
