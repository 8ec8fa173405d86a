"""A random sample of the mutants that mutmut made in this folder, by name, for `make mutate`."""

import json
import random
import sys
from pathlib import Path

size, seed = int(sys.argv[1]), sys.argv[2]
records = (
    json.loads(p.read_text(encoding="utf-8")) for p in Path("mutants").rglob("*.meta")
)
names = sorted(name for record in records for name in record["exit_code_by_key"])
print(*random.Random(seed).sample(names, min(size, len(names))))
