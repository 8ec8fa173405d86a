"""The pages of a family together, against one of them; and what a build of one page takes.

    python benchmarks/bench_family.py [--rounds 3]

The seven pages of Clear, Hold, Build and of Project ADDER: the notebook as it is, and with each of its
six outcomes. Nothing is kept from before. One page alone is the notebook as it is; some pages of other
notebooks are built alone as well. Medians of paired rounds.
"""

import argparse
from functools import partial

from bench_build import ours
from measuring import (
    ROOT,
    Page,
    Taken,
    compiled,
    expect,
    heading,
    measured,
    median,
    pages,
    row,
)
from outcomes.data import vocabularies

FAMILIES = {"clear-hold-build": "chb_outcome", "project-adder": "adder_outcome"}
ALONE = ("op-warrior", "modern-slavery", "fraud", "area-profile/blackpool")


def family(page: Page, vocabulary: str) -> list[Page]:
    """The page of a notebook as it is, and one for each outcome."""
    outcomes = vocabularies.choices(vocabulary)
    return [page, *(page._replace(parameters={"outcome": each}) for each in outcomes)]


def taken(some: list[Page]) -> Taken:
    return measured(partial(ours, some))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--rounds", type=int, default=3)
    given = ask.parse_args()
    expect(1.7 * given.rounds)
    compiled(ROOT)
    mine = pages()
    heading("family", "pages", "CPU s", "one page, CPU s", "ratio", "peak MB")
    for handle, vocabulary in FAMILIES.items():
        some = family(mine[handle], vocabulary)
        rounds = [(taken(some[:1]), taken(some)) for _ in range(given.rounds)]
        one, all_of = (median(t.cpu for t in its) for its in zip(*rounds, strict=True))
        ratio = median(a.cpu / o.cpu for o, a in rounds)
        peak = median(a.peak for _, a in rounds)
        row(handle, str(len(some)), all_of, one, ratio, f"{peak:,.0f}")
    print()
    heading("one page", "CPU s", "wall s", "peak MB")
    for handle in ALONE:
        rounds = [taken([mine[handle]]) for _ in range(given.rounds)]
        cpu, wall, peak = (median(v) for v in zip(*rounds, strict=True))
        row(handle, cpu, wall, f"{peak:,.0f}")


if __name__ == "__main__":
    main()
