"""The picture of where time goes: its frames, shares and colours."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks.icicle import TOP, cut, frames, owner, svg, tree

STACKS = """\
_run_code (<frozen runpy>:8);<module> (reconciler/main.py:5);plan (reconciler/journeys/plan.py:3);send (httpx/a.py:1) 60
<module> (reconciler/main.py:9);plan (reconciler/journeys/plan.py:3);<b> (json/decoder.py:1) 39
<module> (reconciler/main.py:9);rare (reconciler/journeys/plan.py:9) 1
Thread._bootstrap (threading.py:2);look_up (socket.py:3) 500
"""
SVG = "{http://www.w3.org/2000/svg}"


def test_lines_and_what_stands_between_a_command_and_its_work_are_left_out():
    """The same function is one frame, wherever in it one is."""
    stack, count = frames(STACKS.splitlines()[0])
    assert stack == [
        ("reconciler.main", "reconciler/main.py"),
        ("plan", "reconciler/journeys/plan.py"),
        ("send", "httpx/a.py"),
    ]
    assert count == 60


def test_what_calls_itself_is_one_frame_and_so_is_all_of_import():
    """Also by way of another function."""
    line = "a (x.py:1);b (x.py:2);a (x.py:1);b (x.py:3);c (x.py:9) 2"
    assert [name for name, _ in frames(line)[0]] == ["a", "b", "c"]
    finding = "_find (<frozen importlib._bootstrap>:1)"
    line = f"{finding};<module> (p/q.py:1);{finding};<module> (r.py:2) 2"
    assert [name for name, _ in frames(line)[0]] == ["import", "p.q", "r"]


def test_no_path_of_a_machine_is_in_it():
    """Only the end of it, if a file is told with all of it."""
    assert frames("f (/opt/python/lib/thing/part.py:1) 1")[0] == [("f", "thing/part.py")]


def test_threads_that_look_names_up_are_left_out():
    """They are at rest, mostly."""
    assert tree(STACKS).count == 100


def test_everything_is_somebodys():
    """A room of ours, a library, or the rest."""
    files = [
        "reconciler/platform/wire.py",
        "reconciler/__main__.py",
        "httpcore/_async/http11.py",
        "ssl.py",
        "json/a.py",
    ]
    assert [owner(file) for file in files] == ["reconciler.platform", "reconciler", "httpcore", "ssl", "the rest"]


def test_the_picture_is_whole():
    """Widths are shares, callers stand above, names are escaped, and each frame tells its own."""
    picture = ET.fromstring(svg(STACKS, "A <plan>"))
    told = {
        group.findtext(f"{SVG}title"): rect.attrib
        for group in picture.iter(f"{SVG}g")
        if (rect := group.find(f"{SVG}rect")) is not None
    }
    whole = told["reconciler.main (reconciler/main.py): 100.0 %, 100 samples"]
    part = told["<b> (json/decoder.py): 39.0 %, 39 samples"]
    assert float(part["width"]) / float(whole["width"]) == pytest.approx(0.39, abs=0.001)
    assert float(whole["y"]) == TOP < float(part["y"])
    assert any(text.text == "A <plan>" for text in picture.iter(f"{SVG}text"))


def test_a_label_is_as_long_as_its_frame():
    """With its module, without, its last part, the beginning of that, or not at all."""
    widths = (300, 110, 60, 40, 10)
    assert [cut("Reader.read_all", "a/b.py", width) for width in widths] == [
        "Reader.read_all · a.b",
        "Reader.read_all",
        "read_all",
        "read…",
        "",
    ]


def test_a_sample_that_was_torn_is_left_out():
    """The profiler doesn't stop what it looks at."""
    torn = "main (a.py:1);\x00\x01junk 3\nmain (a.py:1)\nmain (a.py:1) 2\n"
    assert tree(torn).count == 2
