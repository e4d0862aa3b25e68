"""The picture of who can change what is the one that its script draws, and each of its defences is listed below it."""

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from scripts.threat_model import BOXES, DEFENCES, PAGE, PICTURE, WAYS, ZONES, draw, main

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_and_the_list_are_current():
    """To write them afresh: make pictures."""
    assert main(["--check"]) == 0


@pytest.mark.parametrize(
    ("path", "change"),
    [
        pytest.param(PICTURE, lambda text: text.replace("validate", "v"), id="picture"),
        pytest.param(PAGE, lambda text: text.replace("1. A fork", "1. A spoon"), id="list"),
    ],
)
def test_a_stale_one_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: object, change: Callable[[str], str]
):
    """By the check that is run here, too."""
    kept = type(PICTURE).read_text
    monkeypatch.setattr(
        type(PICTURE), "read_text", lambda self, **how: change(kept(self, **how)) if self == path else kept(self, **how)
    )
    assert main(["--check"]) == 1
    assert "make pictures" in capsys.readouterr().err


def test_every_defence_stands_somewhere_in_the_picture():
    """Each number once, and none that the list doesn't explain."""
    assert sorted(number for way in WAYS for number, _, _ in way.stops) == list(range(1, len(DEFENCES) + 1))


def test_nothing_lies_outside_the_picture_or_over_another_box():
    """A label that is cut off can't be read."""
    root = ET.fromstring(draw())
    _, _, width, height = (int(one) for one in root.attrib["viewBox"].split())
    for left, top, wide, high in [one.at for one in (*BOXES, *ZONES)]:
        assert 0 < left < left + wide < width
        assert 0 < top < top + high < height
    for box in BOXES:
        left, top, wide, high = box.at
        assert 41 + 16 * (len(box.more) - 1) < high - 8, f"{box.name}: the text is higher than the box"
        assert max(len(line) for line in (box.name, *box.more)) * 7 < wide + 12, f"{box.name}: a line is too wide"
        for other in BOXES:
            if other is not box:
                x, y, w, h = other.at
                assert left + wide <= x or x + w <= left or top + high <= y or y + h <= top


def test_the_picture_follows_light_and_dark_and_asks_for_nothing_from_elsewhere():
    """GitHub shows it on either ground; an image may not fetch anything."""
    text = draw()
    assert "prefers-color-scheme: dark" in text
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r'(fill|stroke)="#', text), "a colour that does not follow"
    assert ET.fromstring(text).find(f"{SVG}title") is not None
