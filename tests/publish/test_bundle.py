"""All data of a release in one file, which says of each table what it is."""

import csv
import io
import zipfile

from notebook_maker import fact
from outcomes.publish import bundle, csv_files

NOW = "20251124T083001Z-ab"


def packed(folder):
    for path in ("findings.csv", "demo/found.csv"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(csv_files.table(["n"], [[1]]), encoding="utf-8")
    (folder / "demo.html").write_text("no table", encoding="utf-8")
    entry = {"handle": "demo", "path": "demo.html", "title": "Demo"}
    facts = [fact(caption="Shops tested"), fact("bare", "x", caption="")]
    return bundle.bundle(folder, [entry | {"findings": facts}], NOW)


def test_every_table_is_there_with_a_note_on_what_it_holds(tmp_path):
    with zipfile.ZipFile(io.BytesIO(packed(tmp_path))) as found:
        names = ["about.txt", "notes.csv", "demo/found.csv", "findings.csv"]
        assert found.namelist() == names
        assert (
            found.read("demo/found.csv") == (tmp_path / "demo/found.csv").read_bytes()
        )
        about = found.read("about.txt").decode()
        assert NOW in about and "Open Government Licence" in about
        sheet = found.read("notes.csv").decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(sheet))
    assert header == bundle.NOTES
    assert [row[:4] for row in rows] == [
        ["demo/found.csv", "demo.html", "Demo", "Shops tested"]
    ]


def test_the_same_release_gives_the_same_bytes(tmp_path):
    assert packed(tmp_path) == packed(tmp_path)
    with zipfile.ZipFile(io.BytesIO(packed(tmp_path))) as found:
        assert {e.date_time for e in found.infolist()} == {(2025, 11, 24, 8, 30, 0)}
