"""What a lesson says back, as HTML."""

from outcomes import learn


def test_what_is_shown_is_escaped():
    said = learn.feedback.Said("right", "<script>", "<b>", {"a": "<i>"})
    page = said._repr_mimebundle_()["text/html"]
    assert "<script>" not in page and "<i>" not in page and "&lt;script&gt;" in page
