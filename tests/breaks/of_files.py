"""How a defence against hostile files, schemas and answers is lost."""

from tests.breaks.one import Break

FILES_TESTS = "tests/security/test_hostile_files.py"
SCHEMAS_TESTS = "tests/security/test_hostile_schemas.py"
NO_FILE = f"{FILES_TESTS}::test_what_is_no_file_is_not_waited_for_and_not_read"
TENANT_FILE = f"{FILES_TESTS}::test_a_hostile_tenant_file_is_refused_where_it_is_wrong"
ANSWERS_TEST = (
    "tests/security/test_hostile_answers.py::test_a_hostile_answer_makes_its_key_unreadable_and_harms_no_other_tenant"
)
OUT_OF_BOUNDS = r"assert (not True|(70|-9) == 1|[\d.]+ < (256|20))|'zebra': 'failed'"
"""It hung, it broke, it took too much, or a tenant failed whose API answers as it should."""

FILES = (
    Break(
        "a-file-may-be-nested-without-end",
        "A tenant file of a few kilobytes ends every run of validate and plan with a crash.",
        "strictyaml/building.py",
        "if len(frames) >= self._max_depth:",
        "if len(frames) >= 100_000:",
        TENANT_FILE,
        r"deep-\w+: ",
    ),
    Break(
        "every-finding-of-a-file-is-told",
        "One file fills a report and a log with megabytes, in which everything else is buried.",
        "desired/fleet.py",
        "_MOST_FINDINGS = 300",
        "_MOST_FINDINGS = 300_000",
        TENANT_FILE,
        r"\d+ bytes were said",
    ),
    Break(
        "a-url-may-be-of-any-length",
        "A tenant file with one long URL takes some hundred times its size in memory.",
        "desired/formats.py",
        "match = _URI.fullmatch(text) if len(text) <= _LONGEST_URI else None",
        "match = _URI.fullmatch(text)",
        TENANT_FILE,
        r"url-of-\w+: \d+ MiB",
    ),
    Break(
        "a-pipe-is-waited-for",
        "A plan file, report or settings file that is a pipe keeps a run for ever.",
        "inputs/tomlfiles.py",
        "os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC",
        "os.O_RDONLY | os.O_CLOEXEC",
        f"{NO_FILE}[plan-file]",
        r"pipe: it hung",
    ),
    Break(
        "a-pipe-of-schemas-is-waited-for",
        "A pipe in the folder of schemas keeps every run for ever.",
        "catalogue/sources.py",
        "os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC",
        "os.O_RDONLY | os.O_CLOEXEC",
        f"{NO_FILE}[schemas]",
        r"pipe: it hung",
    ),
    Break(
        name="a-report-may-have-any-number-of-values",
        harm="A plan file of a hundred MiB of brackets takes gigabytes, and the job that applies is killed.",
        file="report/from_json.py",
        old="    if _values(text) > _MOST_VALUES:\n",
        new="    if False:\n",
        test="tests/report/test_json.py::test_what_is_no_report_is_said_why[values-without-end]",
        because=r"assert 'more than 3,000,000 values' in",
    ),
    Break(
        "a-dotted-key-may-be-of-any-length",
        "A settings file of some hundred kilobytes takes all memory there is.",
        "inputs/tomlfiles.py",
        "_MAX_DOTS = 200",
        "_MAX_DOTS = 200_000_000",
        f"{FILES_TESTS}::test_hostile_settings_are_refused",
        r"dotted-key-without-end: ",
    ),
)

SCHEMAS = (
    Break(
        "patterns-backtrack",
        "A house rule or a key with a careless pattern, and one file, keep every run for years.",
        "catalogue/authority.py",
        "not linear(pattern)(instance)",
        '__import__("re").search(pattern, instance) is None',
        f"{SCHEMAS_TESTS}::test_a_pattern_takes_time_that_grows_with_the_text_alone[^(a+)+$]",
        r"it hung",
    ),
    Break(
        "patterns-are-not-tried-when-they-are-read",
        "A pattern that can't be matched in linear time is found out by the first file that it judges, in a crash.",
        "catalogue/authority.py",
        "linear(member)",
        "member.strip()",
        f"{SCHEMAS_TESTS}::test_a_pattern_that_cannot_be_matched_in_such_time_is_refused[rule-(?!a)]",
        r"exit code 70",
    ),
    Break(
        "items-are-compared-each-with-each",
        "A tenant file with a long list keeps every run for minutes.",
        "catalogue/authority.py",
        'validators={"pattern": _pattern, "uniqueItems": _unique_items}',
        'validators={"pattern": _pattern}',
        f"{SCHEMAS_TESTS}::test_a_set_of_many_items_is_compared_in_time",
        r"set: (it hung|\d+\.\d s)",
    ),
    Break(
        "schemas-are-read-wherever-a-link-leads",
        "A branch with a link in its folder of schemas has other files of the machine read, and told of in findings.",
        "catalogue/sources.py",
        "if not inside:",
        "if inside is None:",
        f"{SCHEMAS_TESTS}::test_a_folder_of_schemas_is_read_in_that_folder_alone",
        r"link: exit code 0",
    ),
    Break(
        "a-rule-may-refer-elsewhere",
        "A house rule that refers to an address ends every run with a crash, or calls that address.",
        "catalogue/plainness.py",
        '*("$ref", "$dynamicRef",',
        '*("$dynamicRef",',
        f"{SCHEMAS_TESTS}::test_a_schema_reaches_nothing_outside_of_itself[rule-$ref]",
        r"exit code \d+",
    ),
    Break(
        "a-format-that-nobody-asserts-is-taken",
        "A key's schema seems to hold a value to a form to which nobody holds it.",
        "catalogue/shapes.py",
        'elif keyword == "format" and member.value not in ASSERTED:',
        'elif keyword == "format" and member.value is None:',
        "tests/catalogue/test_load.py::test_what_is_not_understood_is_refused_with_its_place[unknown-format]",
        r"CatalogueProblem",
    ),
)

ANSWERS = (
    Break(
        "a-body-may-be-of-any-size",
        "One tenant's API, or whoever answers in its place, fills the memory of the run, and nobody is reconciled.",
        "platform/wire.py",
        "if len(into) > MAX_BYTES:",
        "if len(into) > MAX_BYTES << 20:",
        ANSWERS_TEST,
        OUT_OF_BOUNDS,
    ),
    Break(
        "headers-may-be-of-any-size",
        "Headers or interim answers without end keep a run busy, and fill its memory.",
        "platform/answering.py",
        "if self._framing > MOST_FRAMING:",
        "if self._framing > MOST_FRAMING << 20:",
        ANSWERS_TEST,
        OUT_OF_BOUNDS,
    ),
    Break(
        "a-slow-answer-is-waited-for",
        "A byte now and then keeps a run for as long as the other side likes.",
        "platform/wire.py",
        "async with asyncio.timeout(self._whole):",
        "async with asyncio.timeout(None):",
        ANSWERS_TEST,
        OUT_OF_BOUNDS,
    ),
    Break(
        "the-last-of-two-members-counts",
        "An answer that two readers read differently is taken at one of its words, and a write is decided by it.",
        "platform/bodies.py",
        "if len(members) != len(pairs):",
        "if len(members) > len(pairs):",
        ANSWERS_TEST,
        r"member-twice",
    ),
    Break(
        "a-compressed-answer-is-read",
        "What is compressed is taken for what it says, and may be a thousand times as large.",
        "platform/wire.py",
        'if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:',
        'if response.headers.get("content-encoding") == "":',
        "tests/platform/test_odd_answers.py"
        "::test_an_answer_means_the_same_over_both_transports_or_it_is_said_why_not[compressed]",
        r"COMPRESSED",
    ),
)
