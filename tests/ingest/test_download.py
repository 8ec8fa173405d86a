"""Downloads from a server that misbehaves: no wrong row, no part of a month, clear sentences."""

import http.server
import io
import json
import threading
import time
import zipfile
from datetime import date

import pytest

import street_maker as maker
from outcomes import ingest
from outcomes.core.errors import Invalid
from outcomes.ingest import download, street_crime

MONTHS = ("2023-12", "2024-01", "2024-02")


def archive():
    """An archive of three months of two forces, and the other files that a real one holds."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for month in MONTHS:
            for force in ("lancashire", "merseyside"):
                name = f"{month}/{month}-{force}"
                packed.writestr(f"{name}-street.csv", maker.text(maker.some(40, month)))
                packed.writestr(f"{name}-outcomes.csv", "Crime ID,Month\n")
                searched = [maker.search(f"{month}-10T12:00:00+00:00")]
                header = street_crime.SEARCH_HEADER
                packed.writestr(
                    f"{name}-stop-and-search.csv", maker.text(searched, header)
                )
    return out.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """A server on this machine; ``trouble`` is called before each answer and may give its own."""

    daemon_threads = True

    def __init__(self, trouble=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.trouble, self.asked = (
            archive(),
            trouble or (lambda handler: False),
            [],
        )
        self.latest = "2024-02"

    def __enter__(self):
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}
        ).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def host(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        if self.server.trouble(self):
            return
        if self.path == download.LATEST:
            told = {"date": f"{self.server.latest}-01"}
            self.answer(json.dumps(told).encode(), "application/json")
        else:
            self.part()

    def part(self, **headers):
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        body = self.server.body
        span = f"bytes {first}-{last}/{len(body)}"
        headers = {"Content-Range": span, "ETag": '"1"'} | headers
        self.answer(body[first : last + 1], "application/zip", 206, **headers)

    def answer(self, body, kind="text/html", status=200, **headers):
        told = {"Content-Type": kind, "Content-Length": str(len(body))} | headers
        self.send_response(status)
        for name, value in told.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        return True

    def log_message(self, *_):
        pass


@pytest.fixture
def data(tmp_path):
    return maker.data_folder(tmp_path)


def take(data, server, first="2023-12", last="2024-02", said=None, **options):
    options = {"stores": (), "deadline": 20, "sleep": lambda seconds: None, **options}

    def agreed(lines, tables):
        if said is not None:
            said[:] = lines
        return True

    return ingest.take_months(
        *([], data),
        months=(first, last),
        agreed=agreed,
        today=date(2026, 11, 24),
        web=download.Web(server.host, **options),
    )


def rows(data):
    lines = (data / "clean" / "coverage.csv").read_text("utf-8").splitlines()[1:]
    cells = (line.split(",") for line in lines)
    return {c[1][:7]: int(c[4]) for c in cells if c[0] == "lancashire" and c[4]}


def test_months_come_by_the_pieces_that_are_needed(data):
    with Server() as server:
        take(data, server)
    assert rows(data) == dict.fromkeys(MONTHS, 40)
    assert all(part for path, part in server.asked if path.endswith(".zip"))
    assert {path for path, _ in server.asked} == {
        "/data/archive/2024-02.zip",
        download.LATEST,
    }


def test_without_a_last_month_it_is_the_latest(data):
    with Server() as server:
        take(data, server, "2024-01", "")
    assert sorted(rows(data)) == ["2024-01", "2024-02"]


def test_a_month_that_is_not_in_the_archive_is_said(data):
    with Server() as server:
        said = []
        take(data, server, "2023-11", said=said)
    assert "lancashire 2023-11: not in the archive." in said
    assert sorted(rows(data)) == list(MONTHS)


def test_three_years_need_two_archives(data):
    with Server() as server:
        take(data, server, "2021-01", "2024-02")
    paths = {path for path, _ in server.asked}
    assert {"/data/archive/2024-02.zip", "/data/archive/2021-02.zip"} < paths


def test_a_download_that_was_cut_off_goes_on_where_it_was(data):
    with Server() as server:
        take(data, server, "2023-12", "2024-01")
        before = len(server.asked)
        take(data, server, "2023-12", "2024-01")
        # the latest month, the size and the table of contents; no file is asked for again
        assert len(server.asked) - before < before
    kept = data / ".downloads" / "2024-01-lancashire-street.csv"
    kept.write_bytes(kept.read_bytes()[:-9])  # spoiled since: it is fetched anew
    with Server() as server:
        take(data, server, "2024-01", "2024-01")
    assert rows(data)["2024-01"] == 40


def busy(times, status=503, **headers):
    """Refuses so many requests before it answers."""
    left = [times]

    def trouble(handler):
        if left[0] > 0:
            left[0] -= 1
            return handler.answer(b"busy", status=status, **headers)
        return False

    return trouble


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_longer_and_longer(data, status):
    pauses = []
    with Server(busy(3, status)) as server:
        take(data, server, sleep=pauses.append)
    assert pauses == [1, 2, 4] and rows(data)["2024-02"] == 40


def test_retry_after_is_kept(data):
    pauses = []
    with Server(busy(1, 429, Retry_After="7")) as server:
        take(data, server, sleep=pauses.append)
    assert pauses == [7]


def test_retry_after_as_a_date_is_kept(data):
    pauses = []
    when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 9))
    with Server(busy(1, 429, Retry_After=when)) as server:
        take(data, server, sleep=pauses.append)
    assert 5 < pauses[0] <= 9


def only(path, **answer):
    """Trouble on the archive or the API alone."""

    def trouble(handler):
        return handler.path.endswith(path) and handler.answer(**answer)

    return trouble


def drip(seconds, headers=False):
    """Sends a byte at a time; gives up by itself after ``seconds``."""

    def trouble(handler):
        if not handler.path.endswith(".zip") or handler.headers["Range"] == "bytes=0-0":
            return False
        if not headers:
            handler.send_response(206)
            handler.send_header("Content-Type", "application/zip")
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            try:
                handler.wfile.write(b"H")
                handler.wfile.flush()
            except OSError:
                break
            time.sleep(0.05)
        return True

    return trouble


def short(handler):
    if not handler.path.endswith(".zip"):
        return False
    handler.part(**{"Content-Length": "100000"})
    handler.close_connection = True
    return True


def other_part(handler):
    return handler.path.endswith(".zip") and not handler.part(
        **{"Content-Range": "bytes 5-5/99"}
    )


def changing(handler):
    tag = f'"{len(handler.server.asked)}"'
    return handler.path.endswith(".zip") and not handler.part(ETag=tag)


def longer(handler):
    body = handler.server.body + b"more"
    return handler.path.endswith(".zip") and handler.answer(
        body, "application/zip", 206, **{"Content-Range": f"bytes 0-0/{len(body)}"}
    )


def hang_up(handler):
    if handler.path.endswith(".zip"):
        handler.connection.close()
        return True
    return False


ZIP = "application/zip"


TROUBLES = {
    "a page of errors as 200": (
        only(".zip", body=b"<html>Sorry</html>"),
        "is text/html, not app",
    ),
    "a page called a zip": (
        only(".zip", body=b"<html>", kind=ZIP),
        "longer than the 1 bytes",
    ),
    "a redirect to another host": (
        only(".zip", body=b"", status=302, Location="http://127.0.0.1:9/x.zip"),
        "leads to http://127.0.0.1:9/x.zip, a host that is not expected",
    ),
    "a redirect to a file of this machine": (
        only(".zip", body=b"", status=302, Location="file:///etc/passwd"),
        "is not allowed",
    ),
    "no such archive": (only(".zip", body=b"", status=404), "answers 404"),
    "not allowed": (only(".zip", body=b"", status=403), "answers 403"),
    "always busy": (
        only(".zip", body=b"", status=503),
        "answers 503, 3 times; try later",
    ),
    "a pause beyond the deadline": (
        only(".zip", body=b"", status=429, Retry_After="9999"),
        "answers 429; the deadline of 20 seconds",
    ),
    "the whole instead of a part": (
        only(".zip", body=b"P", kind=ZIP, status=200),
        "does not answer with the part asked for",
    ),
    "another part": (other_part, "does not answer with the part asked for"),
    "more than was asked for": (longer, "is longer than the 1 bytes allowed"),
    "a body cut short": (short, "is cut short: 1 bytes of 100000, 3 times"),
    "a server that hangs up": (hang_up, "cannot be read .*, 3 times"),
    "an archive that changes": (changing, "changed while it was read"),
    "packed though not asked for": (
        only(".zip", body=b"P", kind=ZIP, Content_Encoding="gzip"),
        "comes packed",
    ),
    "a latest month that is none": (
        only("updated", body=b'{"date": "soon"}', kind="application/json"),
        "does not give the date",
    ),
    "a latest month without end": (
        only("updated", body=b"[" * 9999, kind="application/json"),
        "longer than the 4096 bytes",
    ),
    "a latest month as a page": (only("updated", body=b"<html>"), "is text/html"),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_trouble_is_a_sentence_and_leaves_the_tables(data, case):
    trouble, said = TROUBLES[case]
    before = maker.state(data)
    with Server(trouble) as server, pytest.raises(Invalid, match=said):
        take(data, server, tries=3)
    assert maker.state(data) == before


@pytest.mark.parametrize("headers", [False, True])
def test_a_server_that_drips_is_left_at_the_deadline(data, headers):
    before, began = maker.state(data), time.monotonic()
    with (
        Server(drip(15, headers)) as server,
        pytest.raises(Invalid, match="deadline of 1 sec"),
    ):
        take(data, server, deadline=1)
    assert time.monotonic() - began < 14  # it would drip for longer
    assert maker.state(data) == before


def spoil(body):
    place = body.find(b"2024-02-lancashire-street.csv") + 300  # within what is packed
    return body[:place] + bytes([body[place] ^ 255]) + body[place + 1 :]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body[:-30], "is not a whole zip archive"),
        (lambda body: b"P" * len(body), "is not a whole zip archive"),
        (
            lambda body: body.replace(b"2024-01/2024-01-lanc", b"../../..2024-01-lanc"),
            "leads out",
        ),
        (spoil, "2024-02-lancashire-street.csv cannot be unpacked"),
    ],
)
def test_a_bad_archive_from_a_server_is_refused(data, change, said):
    before = maker.state(data)
    with Server() as server:
        server.body = change(server.body)
        with pytest.raises(Invalid, match=said):
            take(data, server)
    assert maker.state(data) == before


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2024-02", "2023-12", "2024-02 is later than month 2023-12"),
        ("2024-02", "2030-01", "2030-01 is not published; the last is 2024-02"),
        ("2024-2-1", "2024-02", "is not written like 2024-02"),
        ("soon", "2024-02", "'soon' is not written like"),
    ],
)
def test_months_must_be_months_in_order(data, first, last, said):
    with Server() as server, pytest.raises(Invalid, match=said):
        take(data, server, first, last)


def test_a_server_that_is_not_there_is_a_sentence(data):
    with Server() as server:
        pass
    with pytest.raises(Invalid, match="cannot be read"):
        take(data, server, tries=2)


def test_a_redirect_to_the_store_is_followed(data):
    with Server() as store:

        def elsewhere(handler):
            there = {"status": 302, "Location": store.host + handler.path}
            return handler.path.endswith(".zip") and handler.answer(b"", **there)

        with Server(elsewhere) as server:
            take(data, server, stores=(f"127.0.0.1:{store.server_port}",))
    assert rows(data) == dict.fromkeys(MONTHS, 40)
    assert all(part for _, part in store.asked)


class Clock:
    """Time that passes only in sleep."""

    def __init__(self):
        self.now, self.went = 0.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_no_second_has_more_requests_than_the_site_allows():
    """15 a second with a burst of 30: in any span of t seconds at most 30 + 15 t."""
    clock = Clock()
    limiter = download.Limiter(15, 30, clock=clock, sleep=clock.sleep)
    times = []
    for number in range(300):
        limiter.wait()
        times.append(clock.now)
        if number == 150:
            clock.now += 60  # a rest fills the bucket, and no more than that
    assert times[29] == 0 and times[30] > 0
    for i in range(300):
        for j in range(i, 300):
            assert j - i + 1 <= 30 + 15 * (times[j] - times[i]) + 1e-6
    assert times[150] == pytest.approx(121 / 15)  # and no slower than it must be
    assert times[299] == pytest.approx(times[150] + 60 + 119 / 15)
