"""Warm kernels: the same bytes as ordinary ones, nothing shared, nothing left over."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import pytest

from notebook_maker import notebook
from outcomes.publish import execute, kernels, parameters

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(
        sys.platform != "linux", reason="kernels are forked on Linux only"
    ),
]
ROOT = Path(__file__).parents[1]
OURS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
DRAW = """
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2, 3])
ax.set_title("Drawn inline")
"""


@pytest.fixture(autouse=True)
def prepared(monkeypatch):
    monkeypatch.setenv("OUTCOMES_KERNELS", "")  # what it was comes back after the test
    execute.prepare()


def outputs(folder, source, kind="", **given):
    """What each cell of a notebook showed, in a warm or an ordinary kernel."""
    os.environ["OUTCOMES_KERNELS"] = kind
    target = folder / f"{source.stem}-{kind}.ipynb"
    job = execute.Job(source.stem, str(source), given, str(target))
    (result,) = execute.run([job], workers=1)
    assert result.error is None, result.error
    return [
        c["outputs"]
        for c in parameters.load(target)["cells"]
        if c["cell_type"] == "code"
    ]


def said(shown):
    return ["".join(o.get("text", "")) for cell in shown for o in cell if "text" in o]


@pytest.mark.parametrize("source", OURS[::3], ids=lambda p: p.stem)
def test_a_page_is_byte_for_byte_that_of_an_ordinary_kernel(tmp_path, source):
    warm = outputs(tmp_path, source)
    assert any("image/svg+xml" in o.get("data", {}) for cell in warm for o in cell)
    assert warm == outputs(tmp_path, source, "ordinary")


def test_a_figure_drawn_inline_is_neither_lost_nor_changed(tmp_path):
    source = notebook(tmp_path / "inline.ipynb", DRAW)
    warm = outputs(tmp_path, source)
    assert any("image/png" in o.get("data", {}) for cell in warm for o in cell)
    assert warm == outputs(tmp_path, source, "ordinary")


def test_nothing_of_one_page_is_seen_by_another(tmp_path):
    look = (
        "import os, sys, random, locale, numpy as np, pandas as pd, matplotlib as mpl\n"
        "print([globals().get('left'), os.environ.get('LEFT'), os.getcwd() == '/',\n"
        "       mpl.rcParams['figure.dpi'] == 33, pd.options.display.max_rows,\n"
        "       hasattr(np, 'left'), 'left' in sys.modules, sys.argv[1:2], sys.path[:1],\n"
        "       __import__('outcomes').data.reads()])"
    )
    soil = (
        "import os, sys, random, numpy as np, pandas as pd, matplotlib as mpl, outcomes as oc\n"
        "left = os.environ['LEFT'] = 'x'; os.chdir('/'); mpl.rcParams['figure.dpi'] = 33\n"
        "pd.options.display.max_rows = 3; np.left = 1; sys.modules['left'] = np\n"
        "random.seed(1); np.random.seed(1); oc.data.areas(); sys.path.insert(0, '/left')"
    )
    clean = notebook(tmp_path / "clean.ipynb", look)
    before = said(outputs(tmp_path, clean))
    outputs(tmp_path, notebook(tmp_path / "soil.ipynb", soil))
    assert said(outputs(tmp_path, clean)) == before
    assert said(outputs(tmp_path, clean, "ordinary")) == before


def test_two_pages_draw_different_random_numbers(tmp_path):
    draw = "import random, numpy as np; print(random.random(), np.random.random())"
    source = notebook(tmp_path / "random.ipynb", draw)
    first, second = (said(outputs(tmp_path, source))[0].split() for _ in range(2))
    assert not set(first) & set(second)


def test_nothing_runs_in_the_process_that_is_forked_and_it_never_used_an_engine(
    tmp_path,
):
    outputs(tmp_path, notebook(tmp_path / "one.ipynb", "1"))
    process = Path("/proc", str(kernels.fork_server().process.pid))
    assert len(list((process / "task").iterdir())) == 1
    loaded = (process / "maps").read_text()
    assert "pandas" in loaded
    assert not [name for name in ("duckdb", "polars") if name in loaded]


def test_when_the_process_that_is_forked_is_killed_the_next_page_has_a_new_one(
    tmp_path,
):
    source = notebook(tmp_path / "one.ipynb", "1")
    outputs(tmp_path, source)
    first = kernels.fork_server().process
    first.kill()
    first.wait()
    outputs(tmp_path, source)
    assert kernels.fork_server().process.pid != first.pid


def test_no_kernel_outlives_the_publisher(tmp_path):
    cells = [
        "import os; open('PID', 'w').write(str(os.getpid()))",
        "import time; time.sleep(60)",
    ]
    source = notebook(
        tmp_path / "long.ipynb", cells[0].replace("PID", f"{tmp_path}/pid"), cells[1]
    )
    code = (
        "from outcomes.publish import run; run.prepare();"
        f"list(run.run([run.Job('a', {str(source)!r}, {{}}, 'out.ipynb')], workers=1))"
    )
    publisher = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.1)
    kernel = Path("/proc", (tmp_path / "pid").read_text())
    assert kernel.exists()
    publisher.send_signal(signal.SIGKILL)
    publisher.wait()
    for _ in range(300):
        if not kernel.exists():
            break
        time.sleep(0.1)
    assert not kernel.exists()


class Told(kernels.Client):
    """A client of a kernel that says what a test lets it say; each word of None is a silence."""

    iopub_channel = None

    def __init__(self, *words, alive=True):
        self.words, self.asked, self.alive = list(words), [], alive
        self.iopub_channel = SimpleNamespace(get_msg=self.heard)

    def kernel_info(self):
        self.asked.append(f"ask {len(self.asked) + 1}")
        return self.asked[-1]

    async def is_alive(self):
        return self.alive

    async def heard(self, timeout):
        if not self.words or self.words[0] is None:
            self.words[:1] = []
            raise Empty
        kind, state, parent = self.words.pop(0)
        content = {"execution_state": state}
        return {
            "msg_type": kind,
            "content": content,
            "parent_header": {"msg_id": parent},
        }


WELCOME = ("iopub_welcome", "", "")


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([WELCOME, ("status", "busy", "ask 1"), ("status", "idle", "ask 1")], 1),
        ([("status", "starting", ""), WELCOME, ("status", "idle", "ask 1")], 1),
        ([None, None, ("status", "idle", "ask 1"), ("status", "idle", "ask 2")], 2),
    ],
    ids=["at once", "while it starts", "an older kernel, which says no welcome"],
)
def test_a_kernel_is_ready_when_the_last_question_is_answered(words, asked):
    client = Told(*words)
    asyncio.run(client.wait_for_ready(timeout=60))
    assert client.words == [] and len(client.asked) == asked


def test_a_kernel_that_died_or_says_nothing_is_not_waited_for():
    with pytest.raises(RuntimeError, match="died before it was ready"):
        asyncio.run(Told(None, alive=False).wait_for_ready(timeout=60))
    with pytest.raises(RuntimeError, match=r"not ready in 0\.01 seconds"):
        asyncio.run(Told(*[WELCOME] * 10_000).wait_for_ready(timeout=0.01))


def test_where_kernels_cannot_be_forked_they_are_started_the_ordinary_way(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(kernels.sys, "platform", "darwin")
    assert kernels.why_not_forked() == "kernels are not forked on darwin"
    assert kernels.fork_server() is None
    source = notebook(
        tmp_path / "one.ipynb", "print(open('/proc/self/cmdline').read())"
    )
    assert "ipykernel_launcher" in said(outputs(tmp_path, source))[0]
    assert json.dumps(kernels.surroundings({"TZ": "x", "A": "1"})).count("UTC") == 1
