"""``python -m outcomes.ingest SOURCE``: build the tables of the repository's data folder."""

import sys
from pathlib import Path

from outcomes.data import store
from outcomes.data.errors import Invalid
from outcomes.ingest import build

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the folder of raw files: python -m outcomes.ingest SOURCE")
    try:
        names = build(Path(sys.argv[1]), store.root() / "published", store.root() / "clean")
    except Invalid as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"{len(names)} files in {store.root() / 'clean'}.")
