"""Months of files from the archive of data.police.uk, taken piece by piece.

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
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.ingest import street_crime, street_files

HOST = "https://data.police.uk"
ARCHIVE, LATEST = "/data/archive/{month}.zip", "/api/crime-last-updated"
STORES = ("policeuk-data.s3.amazonaws.com",)  # where the site's archive redirects to
MONTHS = 36  # that one archive goes back
_LACKS = {
    street_crime.STREET: "not",
    street_crime.SEARCHES: "no stop-and-search file",
}
_PIECE = 512 << 10
_ZIP = (
    *("application/zip", "application/x-zip-compressed", "application/x-zip"),
    *("application/octet-stream", "binary/octet-stream"),
)


class Limiter:
    """A token bucket: ``rate`` requests a second, and ``burst`` at once after a pause."""

    def __init__(
        self,
        rate: float = 15.0,
        burst: int = 30,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
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
    """What a server gives: status code, headers, and the whole body."""

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
                raise _Again(
                    f"answers {error.code}",
                    retry_after(error.headers.get("Retry-After", "")),
                ) from None
            raise Invalid(f"{url} answers {error.code} {error.reason}.") from None
        except (OSError, http.client.HTTPException) as error:
            self._in_time(url)
            why = getattr(error, "reason", error)
            raise _Again(f"cannot be read ({why or type(error).__name__})") from None
        finally:
            if self.alarm:
                self.alarm.cancel()

    def _whole(
        self, url: str, answer: Any, kinds: tuple[str, ...], most: int
    ) -> Answer:
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


def retry_after(told: str) -> float:
    """Seconds of a Retry-After header, a number or a date; 0 when there is none.

    Examples
    --------
    >>> retry_after("120"), retry_after("")
    (120.0, 0.0)
    """
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
            sock = self.sock  # the connection lets go of it before the body is read

            def cut() -> None:
                with contextlib.suppress(OSError):  # closed long ago
                    sock.shutdown(socket.SHUT_RDWR)

            web.alarm = threading.Timer(max(0.0, web.ends - time.monotonic()), cut)
            web.alarm.daemon = True
            web.alarm.start()

    opening = {
        f"{kind.lower()}_open": lambda self, request: self.do_open(Connection, request)
    }
    return type(
        f"Watched{kind}", (getattr(urllib.request, f"{kind}Handler"),), opening
    )()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only to a host that is expected, and never from https to http."""

    def __init__(self, allowed: set[str]):
        self.allowed = allowed

    def redirect_request(
        self,
        request: urllib.request.Request,
        stream: Any,
        code: int,
        message: str,
        headers: http.client.HTTPMessage,
        target: str,
    ) -> urllib.request.Request | None:
        """The request to follow to ``target``; :class:`Invalid` for a host not expected."""
        there = urllib.parse.urlsplit(target)
        weaker = request.full_url.startswith("https://") and there.scheme != "https"
        if there.netloc not in self.allowed or weaker:
            raise Invalid(
                f"{request.full_url} leads to {target}, a host that is not expected."
            )
        return super().redirect_request(request, stream, code, message, headers, target)


class RemoteFile(io.RawIOBase):
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
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}
        self.at = starts[whence] + offset
        return self.at

    def readinto(self, buffer: Any) -> int:
        last = min(self.at + len(buffer), self.size) - 1
        if last < self.at:
            return 0
        body = self._piece(self.at, last)
        buffer[: len(body)] = body
        self.at += len(body)
        return len(body)

    def _piece(self, first: int, last: int) -> bytes:
        most = last - first + 1
        found = self.web.get(self.url, kinds=_ZIP, most=most, part=f"{first}-{last}")
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


def latest_month(web: Web) -> str:
    """The last month that the site has published, "2026-09"."""
    url = web.host + LATEST
    found = web.get(url, kinds=("application/json",), most=4096)
    try:
        return str(pd.Period(json.loads(found.body)["date"], "M"))
    except (ValueError, KeyError, TypeError):
        raise Invalid(f"{url} does not give the date of the last update.") from None


def parse_month(text: str) -> str:
    """A month as "2024-01"; raises :class:`Invalid` for what is none.

    Examples
    --------
    >>> parse_month("2024-1")
    '2024-01'
    """
    try:
        return pd.to_datetime(text, format="%Y-%m").strftime("%Y-%m")
    except ValueError:
        raise Invalid(f"month {text!r} is not written like 2024-02.") from None


def download_months(
    span: tuple[str, str],
    forces: list[str],
    folder: Path,
    web: Web,
    tell: Callable[[str], None] = lambda name: None,
) -> tuple[list[street_crime.File], list[str]]:
    """Street files and stop-and-search files of a span of months, and what is not to be had.

    Parameters
    ----------
    span
        The first and last month; without a last month it is the latest of the site.
    forces
        Slugs of the forces wanted.
    folder
        Where files are kept. One whose checksum is that of the archive is not asked for again, so
        a download that was cut off goes on where it was.
    web
        The site.
    tell
        Is called with the name of each file that has come.

    Raises
    ------
    Invalid
        For months that are not in order or not published, and for what the site gives wrongly.
    """
    first, last = (parse_month(month) if month else "" for month in span)
    if first and last and first > last:
        raise Invalid(
            f"month {first} is later than month {last}: give the first first."
        )
    newest = latest_month(web)
    first, last = first or last, last or newest
    if not first <= last <= newest:
        raise Invalid(
            f"month {max(first, last)} is not published; the last is {newest}."
        )
    wanted = pd.period_range(first, last, freq="M").astype(str).tolist()
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[tuple[str, str, str], street_crime.File] = {}
    for end in range(len(wanted), 0, -MONTHS):
        now = wanted[max(0, end - MONTHS) : end]
        url = web.host + ARCHIVE.format(month=now[-1])
        remote = io.BufferedReader(RemoteFile(web, url), _PIECE)
        for file in street_files.archive(remote, url):
            if file.month not in now or file.force not in forces:
                continue
            path = folder / f"{file.month}-{file.force}-{file.kind}.csv"
            if not path.is_file() or zlib.crc32(path.read_bytes()) != file.crc:
                part = path.with_suffix(".part")
                part.write_bytes(street_crime.read(file))
                part.replace(path)
            kept = file._replace(open=partial(path.open, "rb"))
            found[file.month, file.force, file.kind] = kept
            tell(f"{file.month} {file.force}")
    lost = [
        f"{force} {month}: {said} in the archive."
        for kind, said in _LACKS.items()
        for month in wanted
        for force in forces
        if (month, force, kind) not in found
    ]
    return [found[key] for key in sorted(found)], lost
