"""The command line: ``outcomes list · build · pdf · status · diff · release · notebooks · learn · data``.

Exit codes: 0 all is well, 1 a page failed, 2 something given cannot be used (one sentence on the
error stream, nothing written). Rooms are imported where they are used, so that each command pays
only for its own.
"""

import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from outcomes.core import log, project
from outcomes.core.errors import Invalid, one_of, unforeseen

app = typer.Typer(
    help="Build and look after the reports of a collection.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data = typer.Typer(help="Make the cleaned tables from raw files.", no_args_is_help=True)
app.add_typer(data, name="data")
release = typer.Typer(
    help="Look at a built release and approve it.", no_args_is_help=True
)
app.add_typer(release, name="release")
new = typer.Typer(
    help="Begin a notebook, a page, or the description of a table of your own.",
    no_args_is_help=True,
)
app.add_typer(new, name="new")

PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="The plan; default: reports.toml.")
]
Name = Annotated[
    str, typer.Argument(metavar="[RELEASE]", help="Default: the one shown.")
]
Out = Annotated[
    Path | None, typer.Option("--out", help="The site's folder; default: site.")
]


def main() -> None:
    """Entry point: whatever goes wrong is one sentence; ``--debug`` shows the traceback besides.

    The exit code is 2 for what cannot be used, files among it, and 1 for all else.
    """
    debug = "--debug" in sys.argv
    for stream in (sys.stdout, sys.stderr):  # a console of Windows has few letters
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.argv = [word for word in sys.argv if word != "--debug"]
    try:
        app()
    except Exception as error:
        if debug:
            traceback.print_exception(error)
        given = isinstance(error, Invalid)
        said = " ".join((str(error) if given else unforeseen(error)).split())
        print(f"outcomes: {typeable(said)}", file=sys.stderr)
        sys.exit(2 if isinstance(error, (Invalid, OSError)) else 1)


def typeable(sentence: str) -> str:
    """A sentence with each command of ours in it as it can be typed here.

    >>> typeable("Nothing to type here.")
    'Nothing to type here.'
    """
    groups = [group.name for group in app.registered_groups]
    names = [
        c.name or c.callback.__name__ for c in app.registered_commands if c.callback
    ]
    words = "|".join(filter(None, [*groups, *names]))
    return re.sub(
        rf"(?<![\w/.-])outcomes (?=(?:{words})\b)", f"{project.command()} ", sentence
    )


def _version(asked: bool) -> None:
    if asked:
        from outcomes import __version__

        print(f"outcomes {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Say which version this is.",
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what is done, and why.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say only what goes wrong.")
    ] = False,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log",
            envvar="OUTCOMES_LOG",
            help="Add what is said, with times, to this file.",
        ),
    ] = None,
) -> None:
    """Build and look after the reports of a collection."""
    if verbose and quiet:
        raise Invalid("--verbose and --quiet ask for opposite things: give one.")
    if log_file:  # a quiet run leaves all in it
        log.keep(log_file)
    if quiet:
        log.quiet()
    if verbose:
        log.verbose()


@app.command("list")
def list_pages(
    plan: PlanFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, with parameters.")
    ] = False,
) -> None:
    """List every page of the plan by its handle."""
    pages = _plan(plan).pages
    if as_json:
        print(json.dumps([vars(p) for p in pages], indent=1, ensure_ascii=False))
        return
    width = max((len(p.handle) for p in pages), default=0)
    for page in pages:
        print(f"{page.handle:<{width}}  {page.title}")


@app.command()
def build(
    handles: Annotated[list[str] | None, typer.Argument(metavar="[HANDLE]...")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="NAME=VALUE", help="For one page only."),
    ] = None,
    schedule: Annotated[str, typer.Option(help="Only pages of this schedule.")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Rebuild what has not changed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which pages would be built, and why.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on where a build that was killed left off.")
    ] = True,
    keep: Annotated[int, typer.Option(min=2, help="Releases to keep whole.")] = 12,
    workers: Annotated[
        int, typer.Option(min=1, envvar="OUTCOMES_WORKERS", help="Pages at a time.")
    ] = os.cpu_count() or 1,
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="tcp://HOST:PORT", help="Spread pages over this Dask cluster."
        ),
    ] = "",
    timeout: Annotated[
        float | None,
        typer.Option(min=1, help="Seconds allowed for a page; see [limits]."),
    ] = None,
    out: Out = None,
    plan: PlanFile = None,
) -> None:
    """Build the pages that are stale (of all, or of those named) and switch the site to them.

    A page is stale when its notebook, its parameters, the library, the locked packages or the rows
    it reads have changed. With -p, one page is made to order beside the site, which stays as it is.
    """
    from outcomes.publish import parameters, scratch, staleness

    scratch.sweep()
    # Arrow would keep memory that the kernels need; it looks here when it is first imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    file = (plan or _nearest_plan()).resolve()
    folder = out or file.parent / "site"
    whole = not (handles or parameter or schedule or force or dry_run)
    if whole and _is_up_to_date(file, folder):
        return
    found = _plan(file)
    if timeout:
        found = replace(found, limits=found.limits._replace(seconds=timeout))
    given = parameters.assignments(parameter or [])
    pages = found.resolve(handles or [], schedule=schedule, given=given)
    with _told(found, folder, of_it=not dry_run):
        stale = staleness.find_stale(found, pages, folder, force=force)
    for handle, why in stale.reasons.items():
        (print if dry_run else log.detail)(f"{handle}  {why}")
    if dry_run:
        print(f"{len(stale.reasons)} of {len(pages)} pages would be built.")
        return
    from outcomes.publish import execute, kernels

    if why := kernels.why_not_forked():
        print(f"Kernels are started one by one: {why}.", file=sys.stderr)
    elif not scheduler and (given or stale.reasons):
        execute.prepare()  # the kernels' imports go on while ours do
    from outcomes.publish import build as site
    from outcomes.publish import notify

    with _told(found, folder):
        site.refuse(_figures_by_hand())
    with _progress(len(pages)) as tell:
        if given:
            custom = site.build_custom(found, pages[0], given, out=folder, tell=tell)
            if custom.failed:
                raise typer.Exit(1)
            print(f"Open {custom.shown}")
            return
        log.detail(f"{len(stale.reasons)} of {len(pages)} pages, {workers} at a time.")
        with _told(found, folder):
            made = site.build(
                found,
                pages,
                out=folder,
                workers=workers,
                stale=stale,
                force=force,
                resume=resume,
                keep=keep,
                scheduler=scheduler,
                tell=tell,
                say=_say,
            )
        told = notify.made(found, made, _say)
        held = "1 page is" if len(pages) == 1 else f"{len(pages)} pages are"
        idle = "" if made.new else f"Nothing to do: {held} up to date. "
        print(f"{idle}Open {made.shown}")
        raise typer.Exit(0 if told and not made.failed else 1)


@contextmanager
def _told(plan: Any, folder: Path, *, of_it: bool = True) -> Iterator[None]:
    """Whatever keeps a release from being made is told to whoever is to be told."""
    try:
        yield
    except KeyboardInterrupt:
        _say(
            "outcomes: stopped. The site is as it was; the next build goes on from here."
        )
        raise typer.Exit(130) from None
    except Exception as error:
        from outcomes.publish import notify

        if of_it:
            notify.failed(plan, folder, error, _say)
        if not isinstance(error, (OSError, RuntimeError)):
            raise
        _say(f"outcomes: no release was made, and the site is as it was: {error}")
        raise typer.Exit(1) from error


def _is_up_to_date(file: Path, folder: Path) -> bool:
    """Whether there is nothing to do, seen without loading a library; then it is said."""
    from outcomes.publish import releases, staleness

    if releases.latest(folder) is None:
        return False
    digest = staleness.site_digest(file)
    if not releases.up_to_date(folder, digest):
        return False
    releases.note_up_to_date(folder, digest)
    releases.clear_if_idle(folder)
    index = folder / "latest" / "index.html"
    print(f"Nothing to do: every page is up to date. Open {index}")
    return True


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@app.command()
def status(
    out: Out = None,
    plan: PlanFile = None,
    max_age: Annotated[
        str,
        typer.Option("--max-age", help="Fail when the release is older, such as 35d."),
    ] = "",
) -> None:
    """Say which release is shown, how old it is, and which pages are failing."""
    from outcomes.publish import changes

    lines, good = changes.status(_site(out, plan), max_age)
    print("\n".join(lines), file=log.out(wrong=not good))
    raise typer.Exit(0 if good else 1)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="[A]")] = "",
    second: Annotated[str, typer.Argument(metavar="[B]")] = "",
    out: Out = None,
    plan: PlanFile = None,
) -> None:
    """Say which findings moved from release A to release B, by how much, and why.

    By default: from the release before to the one that is shown.
    """
    from outcomes.publish import changes

    print("\n".join(changes.diff(_site(out, plan), first, second)))


@app.command("notify")
def notify_told(
    test: Annotated[
        bool, typer.Option("--test", help="Send a notice of each occasion, as a test.")
    ] = False,
    failed: Annotated[
        str, typer.Option(metavar="WHAT", help="Tell that this failed.")
    ] = "",
    out: Out = None,
    plan: PlanFile = None,
) -> None:
    """Say who is told of what after a build; try it, or tell of a failure from outside."""
    from outcomes.publish import notify as notices

    found, folder = _plan(plan), _site(out, plan)
    if test or failed:
        said = f"{failed} failed: see its log."
        send = notices.trial(found, folder, _say) if test else True
        told = notices.failed(found, folder, said, _say) if failed else True
        if not (send and told):
            raise typer.Exit(1)
    for notice in found.notify:
        occasions = ", ".join(notice["on"])
        sent = "Sent" if test or failed else "Will be sent"
        print(
            f"{sent} on {occasions}, as {notice['format']}: {' '.join(notice['command'])}"
        )
    if not found.notify:
        print("Nobody is told: reports.toml has no [notify].")


@release.command("check")
def release_check(name: Name = "", out: Out = None, plan: PlanFile = None) -> None:
    """Say what automatic checks find in a release: pass, review or fail, and why."""
    from outcomes.publish import releases, review

    site = _site(out, plan)
    found = _review(site, releases.find(site, name), plan)
    raise typer.Exit(1 if review.failed(found) else 0)


@release.command("approve")
def release_approve(
    by: Annotated[str, typer.Option(help="Who has looked at it.")],
    name: Name = "",
    note: Annotated[str, typer.Option(help="Why it may be published, as it is.")] = "",
    out: Out = None,
    plan: PlanFile = None,
) -> None:
    """Check a release, record who approves it, and link site/public to it."""
    from outcomes.publish import releases, review

    with releases.lock(_site(out, plan), _say) as site:
        folder = releases.find(site, name)
        found = _review(site, folder, plan)
        shown = review.approve(site, folder, found, by=by, note=note)
        print(f"Approved. Open {shown}")


@release.command("list")
def release_list(out: Out = None, plan: PlanFile = None) -> None:
    """List the releases, newest first: which is shown, which is public, who approved them."""
    from outcomes.publish import review

    print("\n".join(review.listing(_site(out, plan))) or "There is no release.")


def _review(site: Path, folder: Path, plan: Path | None) -> list:
    """The checks of a release, which are printed."""
    from outcomes.publish import review

    found = review.checks(site, folder, _folder(plan), broken=_figures_by_hand())
    said = [f"Release {folder.name}", *review.report(found)]
    print("\n".join(said), file=log.out(wrong=bool(review.failed(found))))
    return found


def _figures_by_hand() -> list[str]:
    """Where the tables of published figures do not follow from data/published."""
    from outcomes.data import tables
    from outcomes.ingest import published_figures_stamp

    return published_figures_stamp.breaches(tables.root())


def _site(out: Path | None, plan: Path | None) -> Path:
    return out or _folder(plan) / "site"


def _folder(plan: Path | None) -> Path:
    return (plan or _nearest_plan()).resolve().parent


@app.command()
def notebooks(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NOTEBOOK]...")] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Run nothing; name those not stored normalised."),
    ] = False,
    plan: PlanFile = None,
) -> None:
    """Run notebooks in place at their defaults and store their outputs, normalised."""
    from outcomes.publish import scratch
    from outcomes.publish.plan import notebooks

    at_hand = notebooks(_folder(plan))
    files = {path.resolve(): name for name, path in at_hand.items()}
    chosen = [
        files.get(Path(name).resolve()) or one_of(name, at_hand, "notebook")
        for name in names or at_hand
    ]
    from outcomes.publish import execute, notebook_outputs

    if check:
        loose = [n for n in chosen if not notebook_outputs.is_normalised(at_hand[n])]
        for name in loose:
            said = "is stored with more than its results: outcomes notebooks"
            print(typeable(f"{name}  {said} {name}"), file=log.out(wrong=True))
        raise typer.Exit(1 if loose else 0)
    execute.prepare()
    failed = 0
    folder = TemporaryDirectory(dir=scratch.home())
    with folder as home, _progress(len(chosen)) as tell:
        for name in chosen:
            started = time.monotonic()
            error = notebook_outputs.store(at_hand[name], Path(home))
            tell(name, time.monotonic() - started, error)
            failed += error is not None
    raise typer.Exit(1 if failed else 0)


@app.command()
def pdf(
    handles: Annotated[list[str] | None, typer.Argument(metavar="[HANDLE]...")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="A folder; default: pdf in the site's.")
    ] = None,
    out: Out = None,
    plan: PlanFile = None,
) -> None:
    """Print pages of the release shown as PDF, by a Chromium that is on this machine."""
    from outcomes.publish import pdf as printer
    from outcomes.publish import releases

    site = _site(out, plan)
    shown = releases.find(site)
    paths = {e["handle"]: e["path"] for e in releases.manifest(shown)["pages"]}
    chosen = [paths[one_of(name, list(paths), "page")] for name in handles or paths]
    printer.write(shown, chosen, to or site / "pdf", tell=print)


@app.command()
def learn(
    folder: Annotated[
        Path, typer.Argument(help="A folder of your own, such as my-lessons.")
    ],
    plan: PlanFile = None,
) -> None:
    """Write your own copy of the lessons: exercises without solutions, and your progress.

    A lesson that is in the folder already is kept as it is, with your answers.
    """
    from outcomes.learn import copies

    written, kept = copies.write_copies(_folder(plan) / "notebooks" / "learn", folder)
    for names, what in ((written, "written"), (kept, "kept as it is")):
        print("".join(f"{name}  {what}\n" for name in names), end="")
    print(typeable(f"Open it with: outcomes lab {folder / '00_start_here.ipynb'}"))


@app.command()
def lab(
    notebook: Annotated[
        Path | None, typer.Argument(help="The notebook to open; default: explore.")
    ] = None,
    port: Annotated[int, typer.Option(help="Where it is served.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab on this project; saving leaves the stored outputs as they are."""
    from outcomes.publish import lab as server

    raise typer.Exit(
        _serve(server.command(notebook, port, browser), server.environment())
    )


@app.command()
def explore(
    host: Annotated[
        str, typer.Option(help="Who may open it; 0.0.0.0 is everyone on the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where it is served.")] = 8866,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Serve the controls of explore to people without Jupyter: they can look, and write nothing."""
    from outcomes.explore import served

    with TemporaryDirectory() as folder:
        notebook = served.write_notebook(Path(folder))
        words = served.command(notebook, host=host, port=port, browser=browser)
        where = os.environ | {"OUTCOMES_DATA": str(project.data().resolve())}
        raise typer.Exit(_serve(words, where))


def _serve(words: list[str], where: Mapping[str, str]) -> int:
    """Run a server until it ends, or this process is told to; gives its exit code."""
    import signal
    import subprocess

    server = subprocess.Popen(words, env=dict(where))
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        return server.wait()
    except KeyboardInterrupt:  # it was told as well, and puts its kernels away
        return server.wait()


@new.command("notebook")
def new_notebook(
    name: Annotated[str, typer.Argument(help="Such as programmes/asb_survey.")],
    title: Annotated[str, typer.Option(help="Its heading.")] = "",
    own: Annotated[str, typer.Option(help="A table of data/own that it reads.")] = "",
    plan: PlanFile = None,
) -> None:
    """Write a report notebook that runs, for you to change."""
    from outcomes.publish import notebook_outputs, skeletons

    columns: tuple[str, ...] = ()
    if own:
        from outcomes.data import own as own_tables

        columns = own_tables.label_and_measure(own_tables.own(own))
    title = title or name.rpartition("/")[2].replace("_", " ").capitalize()
    path = skeletons.write_notebook(_folder(plan), name, title, own, columns)
    name = f"{path.parent.name}/{path.stem}"
    with TemporaryDirectory() as scratch:
        error = notebook_outputs.store(path, Path(scratch))
    if error:
        said = f"{name}: it was written, but does not run: {error['message']}"
        print(said, file=log.out(wrong=True))
        raise typer.Exit(1)
    print(f"Written: {path}")
    print(typeable(f"Make it a page: outcomes new page HANDLE {name}"))


@new.command("page")
def new_page(
    handle: Annotated[str, typer.Argument(help="Its address, such as asb-survey.")],
    notebook: Annotated[str, typer.Argument(help="Such as programmes/asb_survey.")],
    title: Annotated[str, typer.Option(help="Its title on the index.")] = "",
    parameter: Annotated[
        list[str] | None, typer.Option("-p", metavar="NAME=VALUE")
    ] = None,
    plan: PlanFile = None,
) -> None:
    """Add a page to the plan, once it has been checked."""
    from outcomes.publish import skeletons

    pairs = [pair.partition("=") for pair in parameter or []]
    entry = {
        "handle": handle,
        "notebook": notebook.removesuffix(".ipynb").removeprefix("notebooks/"),
        "title": title or handle.replace("-", " ").capitalize(),
        "group": notebook.removeprefix("notebooks/").partition("/")[0],
        "parameters": {name: value for name, _, value in pairs},
    }
    print(skeletons.add_page(plan or _nearest_plan(), entry))
    print(typeable(f"Build it with: outcomes build {handle}"))


@new.command("table")
def new_table(
    name: Annotated[str, typer.Argument(help="Of the CSV in data/own.")],
) -> None:
    """Write the description of a table of your own, with the type that each column has."""
    from outcomes.data import own_files
    from outcomes.publish import releases

    file = project.data() / "own" / f"{name.removesuffix('.csv')}.csv"
    said = file.with_suffix(".toml")
    if said.exists():
        raise Invalid(f"data/own/{said.name} is there already; it stays as it is.")
    releases.write_whole(said, own_files.guess(file))
    print(f"Written: {said}\nSay there who made it and under what licence.")


@data.command("build")
def data_build(
    source: Annotated[Path, typer.Argument(help="The folder of raw files.")],
) -> None:
    """Make the clean tables from a folder of raw files and from data/published."""
    if not source.is_dir():
        raise Invalid(f"the folder {str(source)!r} does not exist.")
    from outcomes import ingest
    from outcomes.data import tables as store

    ingest.build(source, store.root())


@data.command("refresh")
def data_refresh(
    source: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of street files, files, or archives."),
    ] = None,
    first: Annotated[
        str, typer.Option("--from", help="Download from this month, 2022-11.")
    ] = "",
    last: Annotated[
        str, typer.Option("--to", help="… to this month; default: the latest.")
    ] = "",
    forces: Annotated[
        str,
        typer.Option(
            help="Such as lancashire,merseyside, or all; default: those held."
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Commit without asking.")] = False,
    host: Annotated[
        str, typer.Option(envvar="OUTCOMES_POLICE_HOST", help="Where to download from.")
    ] = "https://data.police.uk",
    stores: Annotated[
        str,
        typer.Option(envvar="OUTCOMES_POLICE_STORES", help="Hosts it may redirect to."),
    ] = "policeuk-data.s3.amazonaws.com",
    deadline: Annotated[
        float, typer.Option(min=1, help="Seconds for all downloads.")
    ] = 1800,
) -> None:
    """Take months of street-level crime into the tables, whole or not at all."""
    from tqdm import tqdm

    from outcomes import ingest
    from outcomes.data import tables as store
    from outcomes.ingest import download

    def agreed(said: list[str], tables: list[str]) -> bool:
        bar.close()
        print("\n".join(said))
        return bool(tables) and (yes or typer.confirm("Put these changes in place?"))

    with tqdm(unit="file", leave=False, disable=None) as bar:
        web = download.Web(
            host, stores=tuple(filter(None, stores.split(","))), deadline=deadline
        )
        options = {
            "forces": forces,
            "web": web,
            "agreed": agreed,
            "tell": lambda _: bar.update(),
        }
        changed = ingest.take_months(
            source or [], store.root(), months=(first, last), **options
        )
    print(
        f"Changed: {', '.join(changed)}." if changed else "The tables stay as they are."
    )


@data.command("check")
def data_check(
    remake: Annotated[
        bool,
        typer.Option(
            "--remake", help="Make the figures anew, whatever data/clean holds."
        ),
    ] = False,
) -> None:
    """Check the published figures and every table.

    Where data/published has changed, its tables are made anew, and what moved is said. Tables that
    differ from it without that were edited by hand: they are refused, row by row.
    """
    from outcomes.data import quality
    from outcomes.data import tables as store
    from outcomes.ingest import refresh

    for line in refresh.remake_figures(store.root(), remake=remake):
        print(line)
    errors, cautions = quality.check(store.root() / "clean")
    for caution in cautions:
        print(f"Caution: {caution.said}")
    print(*errors, sep="\n", file=sys.stderr, end="\n" if errors else "")
    if errors:
        raise typer.Exit(2)
    print(f"The tables are sound; {len(cautions)} cautions.")


def _plan(given: Path | None):
    from outcomes.publish import plan

    return plan.read(given or _nearest_plan())


def _nearest_plan() -> Path:
    """``reports.toml`` here or in a folder above; else the one beside the library."""
    here = Path.cwd()
    found = (
        f / "reports.toml"
        for f in (here, *here.parents)
        if (f / "reports.toml").is_file()
    )
    return next(found, Path(__file__).resolve().parents[2] / "reports.toml")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str, float, dict | None], None]]:
    """One line as each page is done; on a terminal a bar below them as well."""
    from tqdm import tqdm

    done = count(1)
    with tqdm(
        total=total, unit="page", leave=False, dynamic_ncols=True, disable=None
    ) as bar:

        def tell(handle: str, seconds: float, error: dict | None) -> None:
            line = f"[{next(done)}/{total}] {handle}  {seconds:.1f} s"
            if error:
                cell = f" (cell {error['cell']})" if error["cell"] else ""
                line += f"  FAILED  {error['name']}: {error['message']}{cell}"
            try:  # a page that is made is worth more than a line about it
                bar.write(line, file=log.out(wrong=bool(error)))
                sys.stdout.flush()
            except OSError:
                log.go_on_unheard()
            bar.update()

        yield tell
