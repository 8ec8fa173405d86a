"""Notebooks that take more than they may: each ends by its name, and the next page is built."""

import sys
import time

import pytest

from notebook_maker import notebook
from outcomes.publish import execute

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(sys.platform != "linux", reason="pages are measured on Linux"),
]
LIMITS = execute.Limits(20, 400, 5)
MB = "MB = 1 << 20\nimport os, sys, time, mmap, subprocess\n"
HOLD = "\ntime.sleep(60)"
MEMORY = {
    "in one piece": "x = bytearray(900 * MB)",
    "bit by bit": "x = []\nwhile True: x.append(bytearray(8 * MB))",
    "in an array": "import numpy as np\nx = np.ones(900 * MB // 8)",
    "shared and anonymous": "m = mmap.mmap(-1, 900 * MB)\nfor i in range(0, len(m), 4096): m[i] = 1",
    "shared by name": (
        "from multiprocessing import shared_memory as s\nx = s.SharedMemory(create=True, size=900 * MB)\n"
        "for i in range(0, x.size, 4096): x.buf[i] = 1"
    ),
    "in a file without a name": (
        "f = os.memfd_create('x'); os.ftruncate(f, 4 * MB)\nms = []\n"
        "for n in range(225):\n    g = os.memfd_create('y'); os.ftruncate(g, 4 * MB)\n"
        "    m = mmap.mmap(g, 4 * MB); ms.append(m)\n"
        "    for i in range(0, len(m), 4096): m[i] = 1"
    ),
    "in files without a name that nothing maps": (
        "for n in range(225):\n    g = os.memfd_create('y'); os.ftruncate(g, 4 * MB)\n"
        "    m = mmap.mmap(g, 4 * MB)\n"
        "    for i in range(0, len(m), 4096): m[i] = 1\n    m.close()"
    ),
    "by several children": (
        "for _ in range(4):\n    if not os.fork():\n        x = bytearray(300 * MB)\n"
        "        for i in range(0, len(x), 4096): x[i] = 1\n        time.sleep(60)"
    ),
    "by detached children": (
        "code = 'x = bytearray(300 << 20)\\nimport time\\n'\n"
        "code += 'for i in range(0, len(x), 4096): x[i] = 1\\ntime.sleep(60)'\n"
        "for _ in range(3):\n"
        "    subprocess.Popen([sys.executable, '-c', code], start_new_session=True)"
    ),
    "by a grandchild": (
        "if not os.fork():\n    os.setsid()\n    if not os.fork():\n"
        "        m = mmap.mmap(-1, 900 * MB)\n        for i in range(0, len(m), 4096): m[i] = 1\n"
        "        time.sleep(60)\n    os._exit(0)"
    ),
}  # fmt: skip
OUTPUT = {
    "printed": "while True: print('x' * 100_000)",
    "printed as errors": "while True: print('x' * 100_000, file=sys.stderr)",
    "past Python": "while True: os.write(1, b'x' * 100_000)",
    "past Python, as errors": "while True: os.write(2, b'x' * 100_000)",
    "displayed": "while True: display('x' * 100_000)",
    "displayed and cleared": (
        "from IPython.display import clear_output\n"
        "while True: display('x' * 100_000); clear_output()"
    ),
    "displayed anew": (
        "h = display('x', display_id=True)\nwhile True: h.update('x' * 100_000)"
    ),
    "beside what is displayed": (
        "while True: display({'text/plain': 'x'}, raw=True, metadata={'m': 'x' * 100_000})"
    ),
    "in messages of a widget": (
        "import comm\nc = comm.create_comm(target_name='x')\n"
        "while True: c.send({'x': 'x' * 100_000})"
    ),
    "in buffers of a widget": (
        "import comm\nc = comm.create_comm(target_name='x')\n"
        "while True: c.send({}, buffers=[b'x' * 100_000])"
    ),
    "in many files": (
        "for n in range(40): open(os.path.abspath(f'f{n}'), 'wb').write(b'x' * MB)"
    ),
    "in many files that are mapped": (
        "for n in range(40):\n    f = os.open(f'f{n}', os.O_RDWR | os.O_CREAT)\n"
        "    os.ftruncate(f, MB); m = mmap.mmap(f, MB); os.close(f)\n"
        "    for i in range(0, MB, 4096): m[i] = 1\n    m.close()"
    ),
    "in mapped files that are removed": (
        "for n in range(40):\n    f = os.open('f', os.O_RDWR | os.O_CREAT); os.unlink('f')\n"
        "    os.ftruncate(f, MB); m = mmap.mmap(f, MB)\n"
        "    for i in range(0, MB, 4096): m[i] = 1\n    m.close()"
    ),
    "in one file that is mapped": (
        "f = os.open('f', os.O_RDWR | os.O_CREAT); os.ftruncate(f, 30 * MB)"
    ),
    "in an array of numpy in a file": (
        "import numpy as np\nfor n in range(40):\n"
        "    m = np.memmap(f'f{n}', mode='w+', shape=MB); m[:] = 1; m.flush()"
    ),
    "in a mapped file of a child": (
        "if not os.fork():\n    for n in range(40):\n"
        "        f = os.open(f'f{n}', os.O_RDWR | os.O_CREAT); os.ftruncate(f, MB)\n"
        "        m = mmap.mmap(f, MB); m[:] = b'x' * MB; m.close(); os.close(f)\n"
        "    time.sleep(60)"
    ),
    "in files that are only reserved": (
        "for n in range(40):\n    f = os.open(f'f{n}', os.O_RDWR | os.O_CREAT)\n"
        "    os.posix_fallocate(f, 0, MB)"
    ),
    "in files that are empty": (
        "for n in range(50_000): open(f'f{n}', 'w').close()"
    ),
    "in one file": "open('f', 'wb').write(b'x' * 30 * MB)",
    "by a child": (
        "for n in range(12):\n    subprocess.run([sys.executable, '-c', "
        "f'open(\"g{n}\", \"wb\").write(b\"x\" * 1_000_000)'])"
    ),
}  # fmt: skip
TIME = {
    "asleep": "time.sleep(600)",
    "with threads that go on": (
        "import threading\nfor _ in range(3): threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "time.sleep(600)"
    ),
}
# Memory that is shared by name is a file outside the page's folder, and refused where that can be.
NO_MEMORY = ("MemoryError", "KernelDied", "OSError", "PermissionError")
NAMES = [
    *((MEMORY, n, NO_MEMORY) for n in MEMORY),
    *((OUTPUT, n, ("OutputLimit", "OSError")) for n in OUTPUT),
    *((TIME, n, ("Timeout",)) for n in TIME),
    (
        {
            "processes": "for _ in range(600):\n    if not os.fork(): time.sleep(60); os._exit(0)"
        },
        "processes",
        ("ProcessLimit", "MemoryError", "BlockingIOError"),
    ),
]


@pytest.mark.parametrize(
    ("kind", "name", "ends"), NAMES, ids=[name for _, name, _ in NAMES]
)
def test_a_greedy_page_ends_by_the_name_of_its_limit(tmp_path, kind, name, ends):
    execute.prepare()
    seconds = 6 if kind is TIME else 20
    cell = MB + kind[name] + HOLD
    path = notebook(tmp_path / "greedy.ipynb", cell, parameters=None)
    job = execute.Job(
        "x",
        str(path),
        {},
        str(tmp_path / "done.ipynb"),
        LIMITS._replace(seconds=seconds),
    )
    began = time.monotonic()
    error = execute.execute(job).error
    assert error is not None and error["name"] in ends, error
    assert error["message"] and time.monotonic() - began < seconds + 6


def test_an_exception_of_many_words_is_told_in_few(tmp_path):
    execute.prepare()
    path = notebook(
        tmp_path / "loud.ipynb",
        "raise ValueError('why ' * 20_000_000)",
        parameters=None,
    )
    job = execute.Job("x", str(path), {}, str(tmp_path / "d.ipynb"), LIMITS)
    error = execute.execute(job).error
    assert error["name"] == "ValueError" and error["message"].startswith("why why")


def test_a_page_of_ordinary_appetite_is_built(tmp_path):
    execute.prepare()
    cell = MB + "x = bytearray(200 * MB)\nprint('x' * 1_000_000)\ntime.sleep(0.5)"
    path = notebook(tmp_path / "calm.ipynb", cell, parameters=None)
    job = execute.Job("x", str(path), {}, str(tmp_path / "d.ipynb"), LIMITS)
    assert execute.execute(job).error is None
