"""The plan: ``reports.toml`` read into a list of pages.

Every page is declared: which notebook, with which parameters, under which handle. A handle is at
once what ``outcomes list`` prints, what ``outcomes build`` accepts and the path of the page.
"""

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from outcomes.core import formatting, project
from outcomes.core.errors import Invalid, one_of, plain
from outcomes.publish import parameters

GROUPS = ("programmes", "districts", "county")
SCHEDULES = ("daily", "weekly", "monthly", "quarterly", "yearly", "on-request")
DEFAULTS = {"group": "county", "schedule": "monthly"}
OCCASIONS = ("failure", "change", "success")
FORMATS = ("json", "text")
_REQUIRED = ("handle", "notebook", "title")
_KEYS = (*_REQUIRED, "group", "schedule", "parameters", "sweep")
_WORDS = "[a-z0-9]+(?:-[a-z0-9]+)*"
_RESERVED = {"index", "findings", "manifest"}  # files of a release
_RESERVED |= {"notebooks", "releases", "latest", "adhoc", "learn"}  # folders
# Names that Windows cannot store as a file, whatever the extension.
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)
}


class Limits(NamedTuple):
    """Seconds for a page's run, megabytes it may use once it is started, and megabytes it may show.

    They hold for the page with all that it starts; what it writes counts as shown.
    """

    seconds: float = 600
    memory: int = 4096
    output: int = 50


DEFAULT = Limits()
_MOST_OF_A_LIMIT = 10_000_000
_MOST_PAGES = 2000


@dataclass(frozen=True)
class Page:
    """One page of the site: a notebook with its parameters, under a handle."""

    handle: str
    notebook: str
    title: str
    group: str = DEFAULTS["group"]
    schedule: str = DEFAULTS["schedule"]
    parameters: dict = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The page's file inside a release."""
        return f"{self.handle}.html"

    @property
    def label(self) -> str:
        """What tells this page from the others of its notebook: the title after its colon."""
        return self.title.partition(": ")[2] or self.title


@dataclass(frozen=True)
class Plan:
    """All pages in their declared order, and the folder that holds plan and notebooks.

    ``moved`` leads from handles that are no page any more to the page that has what they had.
    """

    file: Path
    pages: list[Page]
    notify: list[dict] = field(default_factory=list)
    limits: Limits = DEFAULT
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.file.parent

    def source(self, page: Page) -> Path:
        """The notebook file of a page."""
        return self.folder / "notebooks" / f"{page.notebook}.ipynb"

    def main(self, notebook: str) -> Page | None:
        """The page that stands for a notebook: the first one declared."""
        return next((p for p in self.pages if p.notebook == notebook), None)

    def select(self, handles: Iterable[str], schedule: str = "") -> list[Page]:
        """The pages of some handles, in plan order; "area-profile" also means all beneath it.

        With ``schedule``, only the pages of that schedule. Raises :class:`Invalid` for a handle
        that names no page, with the nearest that does.
        """
        known = [p.handle for p in self.pages]
        wanted: set[str] = set()
        for given in handles:
            beneath = [h for h in known if h.startswith(f"{given}/")]
            wanted.update([given] if given in known or not beneath else beneath)
        for handle in sorted(wanted):
            one_of(handle, known, "handle")
        if schedule:
            one_of(schedule, SCHEDULES, "schedule")
        return [
            p
            for p in self.pages
            if (not wanted or p.handle in wanted)
            and (not schedule or p.schedule == schedule)
        ]

    def resolve(
        self,
        handles: Iterable[str] = (),
        *,
        schedule: str = "",
        given: Mapping[str, Any] | None = None,
    ) -> list[Page]:
        """The pages of some handles with their parameters checked, ready to be built.

        ``given`` sets parameters of a single page over those of the plan. Every value is held
        against the declaration in the page's notebook (:mod:`outcomes.publish.parameters`) and
        takes its type. Raises :class:`Invalid` for the first page that cannot be built.
        """
        pages, given = self.select(handles, schedule), given or {}
        if given and len(pages) != 1:
            raise Invalid("-p needs exactly one page: name its handle.")
        sources = dict.fromkeys(map(self.source, pages))  # once for a notebook's pages
        declared = {source: parameters.declared(source) for source in sources}
        listed = cache(_choices)  # once for all pages of a sweep
        return [
            replace(
                page,
                parameters=parameters.check(
                    page.parameters | given,
                    declared[self.source(page)],
                    where=page.handle,
                    listed=listed,
                ),
            )
            for page in pages
        ]


def read(file: Path, *, choices: Callable[[str], list] | None = None) -> Plan:
    """Read a plan.

    ``choices`` answers ``"each district"`` with the list of values; by default
    :func:`outcomes.data.vocabularies.choices`. Raises :class:`Invalid`, in a sentence, for
    anything that cannot become a page.
    """
    file, raw = _opened(file)
    for key in raw:
        one_of(key, ["page", "notify", "limits", "moved"], f"{file.name}: the heading")
    pages: list[Page] = []
    if not isinstance(raw.get("page", []), list):
        raise Invalid(f"{file.name}: each page must be written as [[page]].")
    for number, entry in enumerate(raw.get("page", []), start=1):
        pages += _pages(entry, f"{file.name}, page {number}", choices or _choices)
        if len(pages) > _MOST_PAGES:
            raise Invalid(
                f"{file.name} makes over {_MOST_PAGES:,} pages, which is the most of one plan."
            )
    handles: set[str] = set()
    for page in pages:
        _check_handle(page.handle, file.name)
        if page.handle in handles:
            raise Invalid(
                f"{file.name}: handle {page.handle!r} is declared twice; each must be unique."
            )
        handles.add(page.handle)
    held = notebooks(file.parent)
    for page in pages:
        one_of(page.notebook, held, f"{file.name}, {page.handle}: the notebook")
    declared = cache(lambda notebook: parameters.declared(held[notebook]))
    above = {p.handle: p for p in pages if _is_asked_above(p, pages, declared)}
    kept = [page for page in pages if page.handle not in above]
    first = {page.notebook: page.handle for page in reversed(kept)}
    moved = {handle: first[page.notebook] for handle, page in above.items()}
    notify = _notify(raw.get("notify", {}), file.name)
    limits = _limits(raw.get("limits", {}), file.name)
    moved |= _moved(raw.get("moved", {}), [p.handle for p in kept], file.name)
    return Plan(file, kept, notify, limits, moved)


def _is_asked_above(page: Page, pages: list[Page], declared: Callable) -> bool:
    """Whether a page of a sweep asks what its notebook asks by itself, on the page above it."""
    above = next(p for p in pages if p.notebook == page.notebook)
    if above.parameters or not page.handle.startswith(f"{above.handle}/"):
        return False
    usual = declared(page.notebook)
    beside = [p for p in pages if p.notebook == page.notebook and p is not above]
    return bool(page.parameters) and all(
        name in usual and value == _by_itself(usual[name], beside)
        for name, value in page.parameters.items()
    )


def _by_itself(parameter: parameters.Parameter, pages: list[Page]) -> Any:
    """What a notebook asks by itself: its default, or the latest of a sweep where that is empty."""
    if parameter.default != "":
        return parameter.default
    from outcomes.data.vocabularies import LATEST  # opens the tables, for sweeps alone

    latest = max(p.parameters.get(parameter.name, "") for p in pages)
    return latest if parameter.vocabulary in LATEST else ""


def _opened(file: Path) -> tuple[Path, dict]:
    """A plan's own path, and what it says as TOML."""
    try:
        file = Path(file).resolve()
        there = file.is_file()
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # a loop of links, a name too long
        raise Invalid(f"plan {str(file)[:200]!r} cannot be found: {error}.") from None
    if not there:
        said = "is a folder" if file.is_dir() else "does not exist"
        cure = f"give the plan's path with --plan.{project.where_it_may_be()}"
        raise Invalid(f"plan {str(file)!r} {said}; {cure}")
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{file.name} is not valid TOML: {error}.") from None
    return file, raw


def notebooks(folder: Path) -> dict[str, Path]:
    """The notebooks beside a plan: the name that a page calls each by, and its file."""
    home = folder / "notebooks"
    return {
        p.relative_to(home).with_suffix("").as_posix(): p
        for p in sorted(home.rglob("*.ipynb"))
        if ".ipynb_checkpoints" not in p.parts and not p.name.startswith(".")
    }


def slug(value: Any) -> str:
    """A value as a part of a handle; a list as one after the other.

    >>> slug("West Lancashire"), slug(["burglary", "vehicle_crime"])
    ('west-lancashire', 'burglary-vehicle-crime')
    """
    return formatting.slug(
        " ".join(map(str, value)) if isinstance(value, list) else str(value)
    )


def words(value: Any) -> str:
    """A value as a title says it.

    >>> words("2023-11"), words(["violent_crime", "2023"])
    ('November 2023', 'violent crime and 2023')
    """
    if isinstance(value, list):
        return formatting.listed(filter(None, map(words, value)))
    text = str(value)
    if re.fullmatch("[a-z][a-z0-9]*([-_][a-z0-9]+)+", text):
        return re.sub("[-_]", " ", text).replace("anti social", "anti-social")
    return formatting.known(text)


def _notify(given: Any, name: str) -> list[dict]:
    """The commands to run after a build, each with its occasions: one table, or several."""
    if given in ({}, []):
        return []
    tables = [given] if isinstance(given, dict) else given
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise Invalid(f"{name}: notify must be a table, headed [notify] or [[notify]].")
    return [_notice(table, name) for table in tables]


def _notice(given: dict, name: str) -> dict:
    """One command of ``[notify]``, on what it is run, and how it is told."""
    command, on = given.get("command"), given.get("on", ["failure", "change"])
    if (
        not command
        or not isinstance(command, list)
        or not all(isinstance(c, str) and c and "\0" not in c for c in command)
    ):
        raise Invalid(f"{name}: [notify] needs command, as a list of words.")
    for key in given:
        one_of(key, ("command", "on", "format"), f"{name}, [notify]: the key")
    if not isinstance(on, list):
        raise Invalid(f'{name}, [notify]: on must be a list, such as ["failure"].')
    for occasion in on:
        one_of(occasion, OCCASIONS, f"{name}, [notify]: on")
    form = one_of(given.get("format", "json"), FORMATS, f"{name}, [notify]: format")
    return {"command": command, "on": on, "format": form}


def _moved(given: Any, handles: list[str], name: str) -> dict[str, str]:
    """Handles that were pages once, each with the page that a reader is led to."""
    if not isinstance(given, dict):
        raise Invalid(f"{name}: moved must be a table, headed [moved].")
    for old, new in given.items():
        _check_handle(old, name)
        if old in handles:
            raise Invalid(f"{name}, [moved]: {old!r} is a page, so it has not moved.")
        one_of(new, handles, f"{name}, [moved]: the handle")
    return given


def _limits(given: Any, name: str) -> Limits:
    """What a page may take; each limit that is not given has its default."""
    if not isinstance(given, dict):
        raise Invalid(f"{name}: limits must be a table, headed [limits].")
    for key, value in given.items():
        one_of(key, Limits._fields, f"{name}, [limits]: the key")
        if type(value) is not int or not 0 < value <= _MOST_OF_A_LIMIT:
            most = (
                f" and up to {_MOST_OF_A_LIMIT:,}"
                if type(value) is int and value > 0
                else ""
            )
            raise Invalid(
                f"{name}, [limits]: {key} must be a whole number above 0{most}, not {value!r}."
            )
    return Limits(**given)


def _choices(name: str) -> list:
    from outcomes.data import vocabularies  # opens the tables, for sweeps alone

    return vocabularies.choices(name)


def _pages(entry: Any, where: str, choices: Callable[[str], list]) -> list[Page]:
    """The pages of one entry: one, or one for each combination of its sweeps."""
    if not isinstance(entry, dict):
        raise Invalid(f"{where} must be a table, headed [[page]].")
    if "audience" in entry:
        raise Invalid(
            f"{where}: 'audience' is no key: every page of the plan is public, in the release and "
            "on its index. Take the page out of the plan to keep it to yourselves."
        )
    for key in entry:
        one_of(key, _KEYS, f"{where}: the key")
    for key in _REQUIRED:
        if not isinstance(entry.get(key), str) or not plain(entry[key]):
            raise Invalid(f"{where} needs {key!r}, as text.")
    fixed, sweep = entry.get("parameters", {}), entry.get("sweep", {})
    if not isinstance(fixed, dict) or not isinstance(sweep, dict):
        raise Invalid(
            f"{where}: 'parameters' and 'sweep' must be tables of names and values."
        )
    settings = {k: entry.get(k, default) for k, default in DEFAULTS.items()}
    for key, allowed in (("group", GROUPS), ("schedule", SCHEDULES)):
        one_of(settings[key], allowed, f"{where}: {key}")
    swept = [
        [(name, value) for value in _swept(name, given, where, choices)]
        for name, given in sweep.items()
    ]
    if (many := math.prod(map(len, swept))) > _MOST_PAGES:
        raise Invalid(
            f"{where}: its sweeps make {many:,} pages; {_MOST_PAGES:,} are allowed in one entry."
        )
    pages = []
    for combination in product(*swept):
        values = fixed | dict(combination)
        pages.append(
            Page(
                handle=_filled(entry["handle"], values, slug, where),
                notebook=entry["notebook"],
                title=plain(_filled(entry["title"], values, words, where)),
                parameters=values,
                **settings,
            )
        )
    return pages


def _swept(name: str, given: Any, where: str, choices: Callable) -> list:
    """The values that a sweep goes through: those listed, or those of a vocabulary."""
    if isinstance(given, str) and given.startswith("each "):
        given = choices(given.removeprefix("each ").strip())
    elif not isinstance(given, list):
        raise Invalid(
            f'{where}: sweep {name!r} must be a list or "each …", not {given!r}.'
        )
    if not given:
        raise Invalid(f"{where}: sweep {name!r} has no values, so it makes no page.")
    return given


def _filled(text: str, values: dict, write: Callable[[Any], str], where: str) -> str:
    """``text`` with each ``{name}`` replaced; never str.format, which can reach attributes."""

    def value(found: re.Match) -> str:
        return write(values[one_of(found[1], values, f"{where}: the placeholder")])

    return re.sub(r"\{([^{}]*)\}", value, text)


def _check_handle(handle: str, name: str) -> None:
    """Refuse a handle that could not be a file's path, on any system, or that is taken."""
    if not re.fullmatch(f"{_WORDS}(?:/{_WORDS})*", handle) or len(handle) > 120:
        raise Invalid(
            f"{name}: handle {handle!r} is not allowed: use lower-case words and "
            "hyphens, with '/' between parts, up to 120 characters."
        )
    parts = handle.split("/")
    if parts[0] in _RESERVED or _DEVICES.intersection(parts):
        raise Invalid(f"{name}: handle {handle!r} uses a name that is reserved.")
