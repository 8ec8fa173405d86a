"""Months of street files from the archive of data.police.uk, taken piece by piece.

An archive holds all forces for 36 months, 1.7 GB. Only its table of contents and the few files
wanted are asked for, by ranges of bytes. Every answer is checked: who gave it, what it says it is,
how long it is; the whole has a deadline, and requests keep to the limit that the site publishes.
"""

import contextlib
import http.client
import io
import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.ingest import street_crime, street_files

HOST = "https://data.police.uk"
ARCHIVE, LATEST = "/data/archive/{month}.zip", "/api/crime-last-updated"
STORES = ("policeuk-data.s3.amazonaws.com",)  # where the site's archive redirects to
MONTHS = 36  # that one archive goes back
_PIECE = 512 << 10


class Limiter:
    """A token bucket: ``rate`` requests a second, and ``burst`` at once after a pause."""

    def __init__(self, rate=15.0, burst=30, *, clock=time.monotonic, sleep=time.sleep):
        self.rate, self.burst, self.clock, self.sleep = rate, burst, clock, sleep
        self.tokens, self.at = float(burst), clock()

    def wait(self) -> None:
        """Return when the next request may go."""
        now = self.clock()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate) - 1
        self.at = now
        if self.tokens < 0:
            self.sleep(-self.tokens / self.rate)


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class _Again(Exception):
    """Worth another try; ``after`` is how long the server asks to be left alone."""

    def __init__(self, why: str, after: float = 0):
        super().__init__(why)
        self.after = after


class Web:
    """Answers of one site, within a deadline of ``deadline`` seconds for all of them together."""

    def __init__(
        self,
        host: str = HOST,
        *,
        stores: tuple[str, ...] = STORES,
        deadline: float = 1800,
        tries: int = 5,
        limiter: Limiter | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.host, self.tries, self.sleep = host.rstrip("/"), tries, sleep
        if not self.host.startswith(("https://", "http://")):
            raise Invalid(f"host {host!r} is not an address such as {HOST}.")
        self.limiter = limiter or Limiter()
        self.ends, self.deadline = time.monotonic() + deadline, deadline
        self.allowed = {urllib.parse.urlsplit(self.host).netloc, *stores}
        self.alarm: threading.Timer | None = None
        watched = [_watched(kind, self) for kind in ("HTTP", "HTTPS")]
        self.opener = urllib.request.build_opener(*watched, _Redirects(self.allowed))

    def get(
        self, url: str, *, kinds: tuple[str, ...], most: int, part: str = ""
    ) -> Answer:
        """The answer at ``url``, of at most ``most`` bytes and one of the content types ``kinds``.

        ``part`` asks for a range of bytes, "0-21". Tries again after a pause when the server is
        busy (429, 5xx) or the answer is cut short. Raises :class:`Invalid` for all else.
        """
        for attempt in range(1, self.tries + 1):
            self.limiter.wait()
            try:
                return self._once(url, kinds, most, part)
            except _Again as error:
                pause = max(error.after, 2.0 ** (attempt - 1))
                if time.monotonic() + pause > self.ends:
                    raise Invalid(f"{url} {error}; {self._late()}") from None
                if attempt == self.tries:
                    raise Invalid(
                        f"{url} {error}, {self.tries} times; try later."
                    ) from None
                self.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, url: str, kinds: tuple[str, ...], most: int, part: str) -> Answer:
        request = urllib.request.Request(
            url, headers={"User-Agent": "outcomes-refresh/1"}
        )
        if part:
            request.add_header("Range", f"bytes={part}")
        try:
            patience = max(0.1, min(30, self.ends - time.monotonic()))
            with self.opener.open(request, timeout=patience) as answer:
                return self._whole(url, answer, kinds, most)
        except urllib.error.HTTPError as error:
            if error.code == 429 or error.code >= 500:
                raise _Again(f"answers {error.code}", _after(error.headers)) from None
            raise Invalid(f"{url} answers {error.code} {error.reason}.") from None
        except (OSError, http.client.HTTPException) as error:
            self._in_time(url)
            why = getattr(error, "reason", error)
            raise _Again(f"cannot be read ({why or type(error).__name__})") from None
        finally:
            if self.alarm:
                self.alarm.cancel()

    def _whole(self, url: str, answer, kinds: tuple[str, ...], most: int) -> Answer:
        kind = answer.headers.get_content_type()
        if kind not in kinds:
            raise Invalid(
                f"{url} is {kind}, not {' or '.join(kinds)}: is it a page of errors?"
            )
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise Invalid(f"{url} comes packed, though it was asked for plain.")
        body = bytearray()
        while block := answer.read1(1 << 16):
            self._in_time(url)
            body += block
            if len(body) > most:
                raise Invalid(f"{url} is longer than the {most} bytes allowed.")
        self._in_time(url)
        told = answer.headers.get("Content-Length")
        if told and len(body) != int(told):
            raise _Again(f"is cut short: {len(body)} bytes of {told}")
        return Answer(answer.status, answer.headers, bytes(body))

    def _in_time(self, url: str) -> None:
        if time.monotonic() >= self.ends:
            raise Invalid(f"{url}: {self._late()}")

    def _late(self) -> str:
        return f"the deadline of {self.deadline:g} seconds has passed; files that came are kept."


def _after(headers) -> float:
    """Seconds of a Retry-After header, a number or a date; 0 when there is none."""
    told = headers.get("Retry-After", "")
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return 0.0


def _watched(kind: str, web: Web) -> urllib.request.AbstractHTTPHandler:
    """A handler whose connections are cut at the deadline, even while headers drip in."""

    class Connection(getattr(http.client, f"{kind}Connection")):
        def connect(self) -> None:
            super().connect()
            left = max(0.0, web.ends - time.monotonic())
            web.alarm = threading.Timer(left, _cut, [self.sock])
            web.alarm.daemon = True
            web.alarm.start()

    opening = {
        f"{kind.lower()}_open": lambda self, request: self.do_open(Connection, request)
    }
    return type(
        f"Watched{kind}", (getattr(urllib.request, f"{kind}Handler"),), opening
    )()


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed long ago
        sock.shutdown(socket.SHUT_RDWR)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only to a host that is expected, and never from https to http."""

    def __init__(self, allowed: set[str]):
        self.allowed = allowed

    def redirect_request(self, request, stream, code, message, headers, target):
        there = urllib.parse.urlsplit(target)
        weaker = request.full_url.startswith("https://") and there.scheme != "https"
        if there.netloc not in self.allowed or weaker:
            raise Invalid(
                f"{request.full_url} leads to {target}, a host that is not expected."
            )
        return super().redirect_request(request, stream, code, message, headers, target)


class Remote(io.RawIOBase):
    """A file on a server, read where it is needed by ranges of bytes."""

    def __init__(self, web: Web, url: str):
        self.web, self.url, self.at = web, url, 0
        self.size, self.tag = 1, None
        self._piece(0, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = (
            offset
            + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        )
        return self.at

    def readinto(self, buffer) -> int:
        last = min(self.at + len(buffer), self.size) - 1
        if last < self.at:
            return 0
        body = self._piece(self.at, last)
        buffer[: len(body)] = body
        self.at += len(body)
        return len(body)

    def _piece(self, first: int, last: int) -> bytes:
        kinds = (
            "application/zip",
            "application/x-zip-compressed",
            "application/octet-stream",
        )
        kinds += ("binary/octet-stream", "application/x-zip")
        most = last - first + 1
        found = self.web.get(self.url, kinds=kinds, most=most, part=f"{first}-{last}")
        told = found.headers.get("Content-Range", "")
        span, _, size = told.removeprefix("bytes ").partition("/")
        if found.status != 206 or span != f"{first}-{last}" or len(found.body) != most:
            raise Invalid(
                f"{self.url} does not answer with the part asked for ({told or 'all'})."
            )
        tag = (size, found.headers.get("ETag"))
        if self.tag not in (None, tag):
            raise Invalid(f"{self.url} changed while it was read; start again.")
        self.tag, self.size = tag, int(size)
        return found.body


def latest(web: Web) -> str:
    """The last month that the site has published, "2026-09"."""
    url = web.host + LATEST
    found = web.get(url, kinds=("application/json",), most=4096)
    try:
        return str(pd.Period(json.loads(found.body)["date"], "M"))
    except (ValueError, KeyError, TypeError):
        raise Invalid(f"{url} does not give the date of the last update.") from None


def months(
    span: tuple[str, str],
    forces: list[str],
    folder: Path,
    web: Web,
    tell=lambda name: None,
) -> tuple[list[street_crime.File], list[str]]:
    """Street files from the first to the last month of ``span``, and what is not to be had.

    Without a last month it is the latest of the site. Files in ``folder`` whose checksum is that
    of the archive are not asked for again, so a download that was cut off goes on where it was.
    """
    newest = latest(web)
    first, last = (
        _month(text, newest) for text in (span[0] or span[1], span[1] or newest)
    )
    if not first <= last <= newest:
        raise Invalid(
            f"months {first} to {last} are not in order, or later than {newest}."
        )
    wanted = pd.period_range(first, last, freq="M").astype(str).tolist()
    folder.mkdir(parents=True, exist_ok=True)
    files: list[street_crime.File] = []
    for end in range(len(wanted), 0, -MONTHS):
        now = wanted[max(0, end - MONTHS) : end]
        url = web.host + ARCHIVE.format(month=now[-1])
        for file in street_files.archive(
            io.BufferedReader(Remote(web, url), _PIECE), url
        ):
            if file.month in now and file.force in forces:
                files.append(_kept(file, folder))
                tell(f"{file.month} {file.force}")
    have = {(file.month, file.force) for file in files}
    lost = [
        f"{f} {m}: not in the archive."
        for m in wanted
        for f in forces
        if (m, f) not in have
    ]
    return sorted(files, key=lambda file: (file.month, file.force)), lost


def _month(text: str, newest: str) -> str:
    try:
        return pd.to_datetime(text, format="%Y-%m").strftime("%Y-%m")
    except ValueError:
        raise Invalid(f"month {text!r} is not written like {newest}.") from None


def _kept(file: street_crime.File, folder: Path) -> street_crime.File:
    path = folder / f"{file.month}-{file.force}-street.csv"
    if not path.is_file() or zlib.crc32(path.read_bytes()) != file.crc:
        part = path.with_suffix(".part")
        part.write_bytes(street_crime.read(file))
        part.replace(path)
    return file._replace(open=lambda: path.open("rb"))
