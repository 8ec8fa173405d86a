"""The command line: ``outcomes list · build · status · learn · data``.

Exit codes: 0 all is well, 1 a page failed, 2 something given cannot be used (one sentence on the
error stream, nothing written). Rooms are imported where they are used, so that each command pays
only for its own.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from outcomes.data.errors import Invalid, one_of

app = typer.Typer(
    help="Build and look after the reports on Lancashire's programmes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data = typer.Typer(help="Make the cleaned tables from raw files.", no_args_is_help=True)
app.add_typer(data, name="data")

PlanFile = Annotated[Path | None, typer.Option("--plan", help="The plan; default: reports.toml.")]
Out = Annotated[Path | None, typer.Option("--out", help="The site's folder; default: site.")]


def main() -> None:
    """Entry point: turns what cannot be used into one sentence and exit code 2."""
    try:
        app()
    except Invalid as error:
        print(f"outcomes: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)


@app.command("list")
def list_pages(
    plan: PlanFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with parameters.")] = False,
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
        list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="For one page only.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, envvar="OUTCOMES_WORKERS", help="Pages at a time.")
    ] = os.cpu_count() or 1,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds allowed for a page.")] = 600,
    out: Out = None,
    plan: PlanFile = None,
) -> None:
    """Build pages (all, or those named) and switch the site to them.

    With -p, one page is made to order beside the site, and the site stays as it is.
    """
    found = _plan(plan)
    chosen = found.select(handles or [])
    options = {"out": out or found.folder / "site", "timeout": timeout}
    from outcomes.publish import parameters

    given = parameters.assignments(parameter or [])
    if given and len(chosen) != 1:
        raise Invalid("-p needs exactly one page: name its handle.")
    # What cannot be built is said before the publisher is loaded.
    parameters.for_pages(found, [replace(p, parameters=p.parameters | given) for p in chosen])
    from outcomes.publish import order, site

    with _Progress(len(chosen)) as tell:
        if given:
            made = order.build(found, chosen[0], given, tell=tell, **options)
        else:
            made = site.build(found, chosen, workers=workers, tell=tell, **options)
    if made.failed and given:
        raise typer.Exit(1)
    print(f"Open {made.shown}")
    raise typer.Exit(1 if made.failed else 0)


@app.command()
def status(
    out: Out = None,
    plan: PlanFile = None,
    max_age: Annotated[
        str, typer.Option("--max-age", help="Fail when the release is older, such as 35d.")
    ] = "",
) -> None:
    """Say which release is shown, how old it is, and which pages are failing."""
    from outcomes.publish import history

    folder = out or _plan(plan).folder / "site"
    lines, good = history.status(folder, max_age)
    print("\n".join(lines))
    raise typer.Exit(0 if good else 1)


@app.command()
def notebooks(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NOTEBOOK]...")] = None,
    plan: PlanFile = None,
) -> None:
    """Run notebooks in place at their defaults and store their outputs, normalised."""
    import tempfile

    folder = (plan or _nearest_plan()).resolve().parent / "notebooks"
    at_hand = {p.relative_to(folder).with_suffix("").as_posix(): p for p in folder.rglob("*.ipynb")}
    at_hand = {name: p for name, p in sorted(at_hand.items()) if ".ipynb_checkpoints" not in name}
    chosen = [one_of(name, at_hand, "notebook") for name in names or at_hand]
    from outcomes.publish import run, stored

    run.prepare()
    failed = 0
    with tempfile.TemporaryDirectory() as scratch, _Progress(len(chosen)) as tell:
        for name in chosen:
            started = time.monotonic()
            error = stored.store(at_hand[name], Path(scratch))
            tell(name, time.monotonic() - started, error)
            failed += error is not None
    raise typer.Exit(1 if failed else 0)


@app.command()
def learn(
    folder: Annotated[Path, typer.Argument(help="A folder of your own, such as my-lessons.")],
    plan: PlanFile = None,
) -> None:
    """Write your own copy of the lessons: exercises without solutions, and your progress.

    A lesson that is in the folder already is kept as it is, with your answers.
    """
    from outcomes.learn import copies

    lessons = (plan or _nearest_plan()).resolve().parent / "notebooks" / "learn"
    written, kept = copies.write(lessons, folder)
    for names, what in ((written, "written"), (kept, "kept as it is")):
        print("".join(f"{name}  {what}\n" for name in names), end="")
    print(f"Open it with: jupyter lab {folder / '00_start_here.ipynb'}")


@data.command("build")
def data_build(
    source: Annotated[Path, typer.Argument(help="The folder of raw files.")],
    published: Annotated[Path | None, typer.Option(help="Default: data/published.")] = None,
    clean: Annotated[Path | None, typer.Option(help="Default: data/clean.")] = None,
) -> None:
    """Make the cleaned tables from a folder of raw files."""
    if not source.is_dir():
        raise Invalid(f"the folder {str(source)!r} does not exist.")
    from outcomes import ingest
    from outcomes.data import store

    ingest.build(source, published or store.root() / "published", clean or store.root() / "clean")


def _plan(given: Path | None):
    from outcomes.publish import plan

    return plan.read(given or _nearest_plan())


def _nearest_plan() -> Path:
    """``reports.toml`` here or in a folder above; else the one beside the library."""
    here = Path.cwd()
    found = (f / "reports.toml" for f in (here, *here.parents) if (f / "reports.toml").is_file())
    return next(found, Path(__file__).resolve().parents[2] / "reports.toml")


class _Progress:
    """One line as each page is done; on a terminal a bar below them as well."""

    def __init__(self, total: int):
        self.total, self.done, self.bar = total, 0, None

    def __enter__(self):
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=self.total, unit="page", leave=False, dynamic_ncols=True)
        return self

    def __exit__(self, *_) -> None:
        if self.bar is not None:
            self.bar.close()

    def __call__(self, handle: str, seconds: float, error: dict | None) -> None:
        self.done += 1
        line = f"[{self.done}/{self.total}] {handle}  {seconds:.1f} s"
        if error:
            cell = f" (cell {error['cell']})" if error["cell"] else ""
            line += f"  FAILED  {error['name']}: {error['message']}{cell}"
        if self.bar is None:
            print(line, flush=True)
        else:
            self.bar.write(line)
            self.bar.update()
