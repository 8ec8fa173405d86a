"""What a lesson says back, as HTML."""

from outcomes import learn


def test_what_is_shown_is_escaped():
    said = learn.feedback.Said("right", "<script>", "<b>", {"a": "<i>"})
    page = said._repr_mimebundle_()["text/html"]
    assert "<script>" not in page and "<i>" not in page and "&lt;script&gt;" in page


def test_a_chart_stands_above_the_remark_with_a_text_in_its_place():
    page = learn.feedback.Said("right", "Yes.", chart="<svg></svg>")._repr_mimebundle_()
    assert page["text/html"].startswith('<img alt="The chart that you drew."')
    assert page["text/html"].index("<img") < page["text/html"].index("Yes.")
    assert page["text/plain"] == "Right. Yes."
