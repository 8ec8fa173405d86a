"""What holds a kernel to its limits, as it starts and as it shows something."""

import sys
from types import SimpleNamespace

import pytest

from outcomes.publish import kernels

MB = 1024 * 1024


class Stream:
    """A standard stream that remembers what was written."""

    def __init__(self):
        self.written = []

    def write(self, text):
        self.written.append(text)
        return len(text)


@pytest.fixture
def kernel(monkeypatch):
    """A kernel of 100 MB that may show 1 MB: its shell, its streams, what it was held to."""
    held, sent = {}, []
    resource = SimpleNamespace(
        RLIMIT_DATA="memory",
        RLIMIT_FSIZE="file",
        getpagesize=lambda: 4096,
        setrlimit=lambda kind, value: held.update({kind: value}),
    )
    monkeypatch.setitem(sys.modules, "resource", resource)
    read = {"/proc/self/statm": "1 2 3 4 5 600 7 8\n"}
    monkeypatch.setattr(kernels.Path, "read_text", lambda path: read[str(path)])
    monkeypatch.setattr(sys, "platform", "linux")
    out, err = Stream(), Stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    session = SimpleNamespace(
        send=lambda *given, **more: sent.append((given, more)) or "sent"
    )
    shell = SimpleNamespace(
        config=SimpleNamespace(Limits={"memory": "100", "output": "1"}),
        kernel=SimpleNamespace(session=session),
    )
    kernels.load_ipython_extension(shell)
    return SimpleNamespace(session=session, out=out, err=err, held=held, sent=sent)


def test_memory_counts_from_what_a_started_kernel_holds_and_a_file_has_the_limit_of_output(
    kernel,
):
    assert kernel.held == {"memory": (600 * 4096 + 100 * MB,) * 2, "file": (MB, MB)}


def test_what_is_printed_and_shown_counts_together(kernel):
    assert kernel.out.write("x" * (MB // 2)) == MB // 2
    assert kernel.err.write("x" * (MB // 4)) == MB // 4
    shown = {"data": "x" * (MB // 16)}
    assert kernel.session.send("io", "display_data", shown) == "sent"
    kernel.session.send("io", {"msg_type": "execute_result", "content": shown})
    with pytest.raises(
        kernels.OutputLimit,
        match=r"^it shows more than the limit of 1 MB of output",
    ):
        kernel.session.send(
            "io", "update_display_data", content={"data": "x" * (MB // 8)}
        )
    kernel.session.send("io", "status", content={"state": "busy"})
    assert len(kernel.sent) == 3
    assert kernel.sent[-1] == (("io", "status"), {"content": {"state": "busy"}})


def test_all_up_to_the_limit_is_shown_and_one_letter_more_is_not(kernel):
    kernel.out.write("x" * MB)
    kernel.out.write("")
    with pytest.raises(kernels.OutputLimit):
        kernel.out.write("x")
    assert kernel.session.send("io", "status", {"state": "x" * MB}) == "sent", (
        "it shows nothing"
    )
    assert len(kernel.out.written) == 2


def test_a_kernel_is_started_with_its_limits_by_name():
    assert kernels.arguments(kernels.Limits(60, 1024, 5)) == [
        "--IPKernelApp.extra_extensions=outcomes.publish.kernels",
        "--Limits.seconds=60",
        "--Limits.memory=1024",
        "--Limits.output=5",
    ]
