"""The last cell of a notebook: the tables read, in words and for the publisher."""

import json

import outcomes as oc
from outcomes import data
from outcomes.core.mime import PROVENANCE
from outcomes.findings.provenance import Provenance


def test_tables_are_named_once_in_order_in_words():
    read = [{"table": t, "where": {}} for t in ("figures", "areas", "figures")]
    shown = Provenance(read)
    assert str(shown) == "End of page: 2 tables read (areas and figures)."
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == str(shown) and str(shown) in bundle["text/html"]
    assert bundle[PROVENANCE] == {"reads": read}
    assert (
        "&lt;b&gt;" in Provenance([{"table": "<b>"}])._repr_mimebundle_()["text/html"]
    )


def test_what_was_read_is_what_the_tables_noted():
    oc.programmes()
    bundle = oc.provenance()._repr_mimebundle_()
    assert json.dumps(bundle[PROVENANCE]) == json.dumps({"reads": data.reads()})
    assert "programmes" in str(oc.provenance())
