"""What a run says, kept in a file as well: for runs that a timer starts and nobody watches."""

import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from outcomes.core.errors import Invalid

MOST_BYTES, FILES = 1_000_000, 5
"""A log of this size is put by, and the last of those put by goes."""

_SAID = {"more": False}
_LOUD: list[TextIO] = []


class _Copied(io.TextIOBase):
    """A stream whose whole lines are logged as well; a bar that is drawn over itself is not."""

    def __init__(self, stream: TextIO, file: logging.Handler) -> None:
        self.stream, self.file, self.part = stream, file, ""

    def write(self, text: str) -> int:
        self.stream.write(text)
        *whole, self.part = (self.part + text).split("\n")
        for line in whole:
            if (said := line.rpartition("\r")[2].rstrip()) and "\x1b" not in said:
                self.file.handle(logging.makeLogRecord({"msg": said}))
        return len(text)

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()


def keep(file: Path) -> None:
    """From now on write what is said, on either stream, to a file as well, each line with its time.

    Raises
    ------
    Invalid
        Where the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            file, maxBytes=MOST_BYTES, backupCount=FILES, encoding="utf-8"
        )
    except OSError as error:
        raise Invalid(
            f"the log {str(file)!r} cannot be written: {error.strerror}."
        ) from None
    handler.setFormatter(
        logging.Formatter("%(asctime)s  %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    )
    sys.stdout, sys.stderr = _Copied(sys.stdout, handler), _Copied(sys.stderr, handler)


def verbose() -> None:
    """From now on :func:`detail` is heard."""
    _SAID["more"] = True


def detail(sentence: str) -> None:
    """Say what is done and why, on the error stream, to who asked for it by ``--verbose``."""
    if _SAID["more"]:
        print(sentence, file=sys.stderr, flush=True)


def quiet() -> None:
    """From now on say only what goes wrong, and draw no bar; a log that is kept has all of it."""
    _LOUD.append(sys.stdout)
    if isinstance(sys.stdout, _Copied):
        sys.stdout = _Copied(io.StringIO(), sys.stdout.file)
    else:
        sys.stdout = io.StringIO()
    os.environ["TQDM_DISABLE"] = "1"


def out(*, wrong: bool) -> TextIO:
    """Where results are printed: those that tell of something wrong are heard by the quiet too."""
    return _LOUD[-1] if wrong and _LOUD else sys.stdout


def go_on_unheard() -> None:
    """Whoever listened has gone, or the disk of a log is full: what follows is said to nobody."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, out(wrong=True).fileno())
    os.close(nowhere)
