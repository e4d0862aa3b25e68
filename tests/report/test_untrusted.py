import pytest

from reconciler.report.untrusted import html, markdown, terminal, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcödé 日本", "plain, ünïcödé 日本"),
        ("a\r\n\tb", "a\\r\\n\\tb"),
        ("\x1b[2J\x00\x9b", "\\u001b[2J\\u0000\\u009b"),
        ("\u202egnp\u2066", "\\u202egnp\\u2066"),
        ("\u200b\u00ad\ufeff\u2028\u00a0", "\\u200b\\u00ad\\ufeff\\u2028\\u00a0"),
        ("\u115f\u3164\ufe0f\u034f", "\\u115f\\u3164\\ufe0f\\u034f"),
        ("\U000e0041\U000e0101", "\\U000e0041\\U000e0101"),
        ("\udc80", "\\udc80"),
    ],
    ids=["plain", "line", "control", "bidi", "zero-width", "blank-letters", "tags", "surrogate"],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str):
    """Every character that draws nothing, or moves others about, is written as its escape."""
    assert visible(text) == shown
    shown.encode()


def test_each_medium_breaks_what_it_would_obey():
    """The same attack, spelled for a terminal, for Markdown and for HTML."""
    attack = "::add-mask::@team ##[x] <b>"
    assert terminal(attack) == ":\\u003aadd-mask:\\u003a@team #\\u0023[x] <b>"
    assert html(attack) == ":&#58;add-mask:&#58;@team #&#35;[x] &lt;b&gt;"
    assert html("a:") + ":" == "a&#58;:"
    assert markdown(attack) == (
        "&#58;<wbr>&#58;<wbr>add-mask&#58;<wbr>&#58;<wbr>&#64;<wbr>team &#35;<wbr>&#35;<wbr>&#91;x&#93; &#60;b&#62;"
    )


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a_b-c", "a_b-c"), ("_a_ -b", "&#95;a&#95; &#45;b"), ("GH-1", "GH-<wbr>1"), ("WWW.a", "WWW&#46;<wbr>a")],
    ids=["within-a-word", "at-its-ends", "issue", "www"],
)
def test_markdown_keeps_names_readable(text: str, escaped: str):
    """A dash or an underscore within a word stays as it is, unless GitHub would make a link of it."""
    assert markdown(text) == escaped
