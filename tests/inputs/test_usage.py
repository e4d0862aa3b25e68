from reconciler.inputs.usage import UsageProblem, did_you_mean, first_few, visible


def test_a_problem_reads_as_message_findings_and_hint():
    """What a terminal shows is one thing a line, in the order in which it helps."""
    assert str(UsageProblem("No.", "Do this.", ("one", "two"))) == "No.\n  one\n  two\nDo this."


def test_control_and_bidi_characters_are_visible_in_every_part():
    """A path or a command's stderr can't repaint the terminal, nor start a line of its own."""
    problem = UsageProblem("a\x1b[2J", "b\u202e", ("c\n::error::",))
    assert str(problem) == "a\\x1b[2J\n  c\\n::error::\nb\\u202e"


def test_a_lone_surrogate_is_visible_and_can_be_printed():
    """Names of files and variables need not be UTF-8."""
    assert visible("\udcff").encode() == b"\\udcff"


def test_a_near_name_is_suggested_and_a_far_or_equal_one_is_not():
    """A suggestion that is wrong is worse than none."""
    assert did_you_mean("tenents", {"tenants", "origin"}) == ' Did you mean "tenants"?'
    assert did_you_mean("zzz", {"tenants"}) == ""
    assert did_you_mean("tenants", {"tenants"}) == ""


def test_ten_lines_are_shown_and_the_rest_is_counted():
    """A fleet of a thousand must not scroll the reason away."""
    assert first_few(str(n) for n in range(10)) == tuple("0123456789")
    assert first_few(str(n) for n in range(12))[-1] == "… and 2 more"
