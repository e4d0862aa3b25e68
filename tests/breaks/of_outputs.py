"""How a defence of what is printed, reported and kept is lost: secrets come to be seen, or a text becomes a command."""

from tests.breaks.one import Break

SHOWN = "tests/security/test_secrets_shown.py"
BY = f"{SHOWN}::test_no_secret_is_shown_by"
SEEN = r"stdout or stderr: canary"

SECRETS = (
    Break(
        name="a-secret-has-a-repr",
        harm="A secret shows itself in every log line, dataclass and traceback that it comes near.",
        file="model/values.py",
        old='        return "Secret(hidden)"\n',
        new='        return f"Secret({self._text})"\n',
        test="tests/model/test_values.py::test_a_secret_never_renders[str]",
        because=r"'canary-not-a-secret' (not in|is contained)",
    ),
    Break(
        name="a-secret-can-be-pickled",
        harm="A secret is copied out of the process, into a cache or a crash dump.",
        file="model/values.py",
        old='        raise TypeError("a Secret is not serialisable")\n',
        new="        return (Secret, (self._text,))  # type: ignore[return-value]\n",
        test="tests/model/test_values.py::test_a_secret_refuses_to_be_serialised[copy]",
        because=r"DID NOT RAISE",
    ),
    Break(
        name="what-the-platform-echoes-is-shown",
        harm="An error message that quotes the bearer or the body stands in the report and in the comment.",
        file="platform/details.py",
        old='    visible = "".join(" " if c.isspace() else _visible(c) for c in redact(text))\n'
        '    line = redact(" ".join(visible.split()))\n',
        new='    visible = "".join(" " if c.isspace() else _visible(c) for c in text)\n'
        '    line = " ".join(visible.split())\n',
        test=f"{BY}[an echo]",
        because=SEEN,
    ),
    Break(
        name="base64-is-not-looked-through",
        harm="A gateway that echoes the Authorization header of a client shows its secret in base64.",
        file="platform/redact.py",
        old="    coded = {form for raw in plain for form in _base64(raw)}\n",
        new="    coded: set[str] = set()\n",
        test=f"{BY}[an echo in base64]",
        because=SEEN,
    ),
    Break(
        name="a-misfit-quotes-what-is-live",
        harm="A live secret of an odd form stands in the message that says why it doesn't fit.",
        file="platform/answers.py",
        old="        why = tidy(Redactor(secrets_in(built))(why_not(key, value)), redact, 300)\n",
        new="        why = repr(value)\n",
        test=f"{BY}[what is live]",
        because=SEEN,
    ),
    Break(
        name="a-bug-tells-its-message",
        harm="A bug of ours prints the value that it tripped over.",
        file="cli/main.py",
        old='        click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True)\n',
        new='        click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}: {error}", err=True)\n',
        test="tests/cli/test_endings.py"
        "::test_a_bug_ends_with_70_and_shows_where_but_never_the_exceptions_message[in the command]",
        because=r"canary-in-an-exception",
    ),
    Break(
        name="a-tenants-bug-tells-its-message",
        harm="A bug of ours in one tenant puts the value that it tripped over into the report.",
        file="journeys/compile.py",
        old=": {type(error).__name__}{place(error)}. Please",
        new=": {error!r}{place(error)}. Please",
        test=f"{BY}[a bug]",
        because=r"out\.json: canary",
    ),
    Break(
        name="asyncio-tells-of-a-bug",
        harm="A bug of ours in a callback has the event loop print its message and the traceback.",
        file="journeys/stopping.py",
        old="    loop.set_exception_handler(tell)\n",
        new="",
        test=f"{BY}[a bug in a callback]",
        because=SEEN,
    ),
    Break(
        name="any-text-is-a-token",
        harm="A token with a line break in it goes to the HTTP library, whose exception prints it.",
        file="inputs/entries.py",
        old="        if text is None or _VISIBLE.fullmatch(text):\n",
        new="        if True:\n",
        test="tests/inputs/test_credentials.py::test_a_bad_document_is_explained_without_a_value[header-injection]",
        because=r"Credentials\(source=",
    ),
    Break(
        name="an-unknown-name-is-quoted",
        harm="Where the indentation of the credentials is wrong, a secret stands where a name should, and is printed.",
        file="inputs/entries.py",
        old='                message = f"{self.what}: an unknown field.{did_you_mean(name, known)}"\n',
        new='                message = f"{self.what}: an unknown field {name}.{did_you_mean(name, known)}"\n',
        test=f"{BY}[an unknown member]",
        because=SEEN,
    ),
    Break(
        name="an-assignment-is-a-programs-name",
        harm="`TOKEN=… vault`, as a shell would have it, is no program, and its whole text is printed as one.",
        file="inputs/command.py",
        old='    return f"{variable}=…" if is_assignment else program\n',
        new="    return program\n",
        test=f"{BY}[a variable before the command]",
        because=SEEN,
    ),
    Break(
        name="a-failed-commands-stdout-is-shown",
        harm="A command that prints half the credentials and fails has them in the log.",
        file="inputs/command.py",
        old="            if words\n",
        new='            f" {out.decode()}"\n            if words\n',
        test=f"{BY}[a command that fails]",
        because=SEEN,
    ),
    Break(
        name="a-limit-is-quoted",
        harm="A secret that stands where a limit should is printed by every command.",
        file="inputs/table.py",
        old="        if complaint:\n            self.find(setting, complaint)\n",
        new='        if complaint:\n            self.find(setting, f"{complaint}, not {value}")\n',
        test=f"{BY}[a limit]",
        because=SEEN,
    ),
    Break(
        name="a-sensitive-place-is-one-like-others",
        harm="A secret that somebody wrote into a file as it is stands in the finding that refuses it.",
        file="desired/checks.py",
        old='    message = f"{name} is sensitive and takes a reference to a secret only, {{secret: NAME}}"\n',
        new='    message = f"{name} is sensitive and takes a reference, not {declared.value}"\n',
        test=f"{BY}[a literal in a file]",
        because=SEEN,
    ),
)

FORGED = "tests/security/test_forged_plans.py"

PLANS = (
    Break(
        name="a-plan-file-is-a-blank-cheque",
        harm="With any plan file whatever is pending is written, reviewed or not.",
        file="planning/review.py",
        old="        return _fingerprint(tenant.tenant, tenant.origin, change) in self.rows\n",
        new="        return bool(self.rows)\n",
        test=f"{FORGED}::test_a_forged_plan_can_not_bring_a_value_that_no_file_has",
        because=r"\(0, 120\) == \(4, 60\)",
    ),
    Break(
        name="any-report-is-a-plan",
        harm="The report of an apply, which nobody reviewed, lets the same changes through again.",
        file="planning/review.py",
        old='    if report.command != "plan":\n',
        new='    if report.command not in {"plan", "apply"}:\n',
        test=f"{FORGED}::test_what_is_no_plan_is_never_taken_for_one[apply.json]",
        because=r"\(0, \d+\) == \(64, \d+\)",
    ),
    Break(
        name="what-was-reviewed-passes-the-gate",
        harm="A plan that touches half the fleet passes every limit, since somebody has seen it.",
        file="planning/gate.py",
        old="    return tuple(refusal for refusal in found if refusal.rule not in policy.lifted)\n",
        new="    return tuple(one for one in found if one.rule not in policy.lifted and policy.reviewed is None)\n",
        test=f"{FORGED}::test_a_forged_plan_does_not_pass_the_gate_by_itself",
        because=r"\(0, \d+\) == \(3, \d+\)",
    ),
    Break(
        name="a-shard-writes-whom-nobody-counted",
        harm="A plan file that calls a change drift keeps it uncounted, and a shard writes it past the gate.",
        file="planning/gate.py",
        old="    counted = policy.merged is None or tenant.tenant in policy.merged\n",
        new="    counted = True\n",
        test="tests/planning/test_gate_of_shards.py"
        "::test_a_shard_writes_nobody_whom_its_gate_has_not_counted[said-to-be-drift]",
        because=r"bool\(\(\)\) is|False is ",
    ),
)

OBEYED = "tests/security/test_texts_obeyed.py"
TEXTS_SHOWN = "tests/security/test_texts_shown.py"

TEXTS = (
    Break(
        name="stderr-is-not-made-harmless",
        harm="The last words of a credentials command, or a file's name, are obeyed by the CI job that prints them.",
        file="cli/delivery.py",
        old='    say(f"Error: {problem}", err=True)\n',
        new='    click.echo(f"Error: {problem}", err=True)\n',
        test=f"{OBEYED}::test_no_text_from_outside_is_obeyed",
        because=r"::error::owned",
    ),
    Break(
        name="a-wrong-call-is-quoted-as-it-is",
        harm="A branch's name that a workflow passes on is quoted, and the runner obeys it.",
        file="cli/main.py",
        old="        _show(error)\n",
        new="        error.show()\n",
        test=f"{OBEYED}::test_no_argument_is_obeyed[option]",
        because=r"::error::owned",
    ),
    Break(
        name="commands-are-not-broken",
        harm="A text from the platform is a workflow command in the log of the job.",
        file="report/untrusted.py",
        old="    return broken(visible(text))\n",
        new="    return visible(text)\n",
        test=f"{OBEYED}::test_any_text_for_a_terminal_is_no_command",
        because=r"Command\(name=|is_old_command",
    ),
    Break(
        name="what-turns-text-round-is-shown",
        harm="A bidi character makes a reviewer read another value than the one that is applied.",
        file="report/untrusted.py",
        old="    if char.isprintable() and not _INVISIBLE.match(char):\n",
        new='    if char not in "\\r\\n\\t\\x1b":\n',
        test="tests/report/test_untrusted.py::test_what_cannot_be_seen_is_spelled_out[bidi]",
        because=r"u202egnp",
    ),
    Break(
        name="markdown-is-left-as-it-is",
        harm="What a pull request's author writes into a file becomes tables and links in the verdict on it.",
        file="github/judge.py",
        old="{markdown(row.what)}",
        new="{row.what}",
        test=f"{TEXTS_SHOWN}::test_the_verdict_on_a_pull_request_has_the_same_blocks_whatever_is_in_it",
        because=r"- table",
    ),
    Break(
        name="a-pipe-is-no-syntax",
        harm="A value with a pipe in it ends its cell, and the row says something else.",
        file="report/untrusted.py",
        old='_PLAIN_PUNCTUATION = frozenset(",;%?\'")\n',
        new='_PLAIN_PUNCTUATION = frozenset(",;%?\'|")\n',
        test="tests/report/test_markdown.py::test_any_string_in_a_cell_is_shown_literally",
        because=r"At index \d+ diff|contains .* more item",
    ),
    Break(
        name="html-is-left-as-it-is",
        harm="A text of the platform is an element of the page.",
        file="report/untrusted.py",
        old="    escaped = escape(visible(text), quote=True)\n",
        new="    escaped = visible(text)\n",
        test="tests/report/test_untrusted.py::test_each_medium_breaks_what_it_would_obey",
        because=r"<b>' == ",
    ),
    Break(
        name="a-comment-may-end",
        harm="A live value with a line break in it declares a key in the file that import writes.",
        file="desired/compose.py",
        old='    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)\n',
        new="    return text\n",
        test=f"{TEXTS_SHOWN}::test_no_live_value_becomes_more_of_a_file_than_a_value",
        because=r"Problem\(|isprintable|== \[\]|set\(",
    ),
)
