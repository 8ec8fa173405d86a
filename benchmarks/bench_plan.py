"""The whole plan with nothing kept from before, then one month of one district revised.

    python benchmarks/bench_plan.py [--rounds 3]

Ours and commit ac509d6 in turn, each in a copy of its own: all pages of our plan, and of the other's
those that ours has too. Then a vehicle crime of one district's last month becomes a burglary, in each table
that counts it, and the plan is built again: seconds, and the pages that were made anew. Medians of paired
rounds.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

from measuring import (
    BUILD,
    FORMER,
    ROOT,
    Taken,
    command,
    compiled,
    expect,
    former,
    heading,
    measured,
    median,
    pages,
    row,
)

sys.path.insert(0, str(ROOT / "tests"))

from revised_month import revise

_NOT_COPIED = (".git", ".venv", ".kept", "site", "__pycache__", ".*_cache", "build")


def one_way(
    root: Path, handles: list[str], kept: Path, back: bool
) -> tuple[Taken, Taken, list[str]]:
    """The whole plan cold; the revised month; the pages made anew."""
    whole = measured(lambda _: command([*BUILD, "--force", *handles], root, kept))
    revise(root, back)
    said: list[str] = []
    again = measured(lambda _: said.append(command([*BUILD, *handles], root, kept)))
    return whole, again, re.findall(r"^\[\d+/\d+\] (\S+)", said[0], re.M)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--handles", nargs="*", default=[], help="for a trial: some pages")
    given = ask.parse_args()
    expect(3 * given.rounds)
    with former() as old, tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "ours"
        ignored = shutil.ignore_patterns(*_NOT_COPIED)
        compiled(shutil.copytree(ROOT, new, ignore=ignored))
        mine, theirs = pages(new), pages(old)
        both = [h for h in mine if h in theirs]
        asked = {"before": (old, given.handles or both), "ours": (new, given.handles)}
        rounds = [
            {
                way: one_way(
                    *its, Path(folder) / f"kept-{way}-{number}", number % 2 == 1
                )
                for way, its in asked.items()
            }
            for number in range(given.rounds)
        ]
    print(
        f"\n{len(mine)} pages of ours, {len(both)} of {FORMER}; {given.rounds} rounds\n"
    )
    names = ("CPU s", "wall s", "peak MB", "CPU to before", "wall to before")
    heading("build", "way", *names)
    for at, build in enumerate(("whole plan, nothing kept", "one month revised")):
        for way in asked:
            taken = [(r[way][at], r["before"][at]) for r in rounds]
            cpu, wall, peak = (
                median(v) for v in zip(*(t for t, _ in taken), strict=True)
            )
            ratios = [median(t.cpu / b.cpu for t, b in taken)]
            ratios += [median(t.wall / b.wall for t, b in taken)]
            row(build, way, cpu, wall, f"{peak:,.0f}", *ratios)
    for way in asked:
        print(f"\nMade anew after the month was revised, {way}:")
        for made in sorted({", ".join(sorted(r[way][2])) for r in rounds}):
            print(f"{made.count(',') + 1} pages: {made}")


if __name__ == "__main__":
    main()
