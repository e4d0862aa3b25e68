"""How a defence of the run as a whole is lost: its brakes, its journal, its gates."""

from tests.breaks.one import Break

FAULTS = "tests/journeys/test_faults.py"
READING = f"{FAULTS}::test_what_can_not_be_read_is_unreadable_and_never_unset"
JOURNAL = "tests/journeys/test_journal.py"
REVIEWED = "tests/journeys/test_reviewed_plans.py"
GATE = "tests/journeys/test_gate.py"

BRAKES = (
    Break(
        name="the-queue-is-not-told",
        harm="A POST that waits for its turn leaves although the run was stopped meanwhile, and prolongs the block.",
        file="platform/pace.py",
        old="        refused = self.refusal(errand)  # much may have happened while waiting\n",
        new="",
        test="tests/platform/test_limits.py::test_what_queued_while_the_run_was_stopped_is_not_sent",
        because=r"assert None is Stopped",
    ),
    Break(
        name="the-journal-stays-in-memory",
        harm="After a power cut nobody knows of the POSTs of the last half minute.",
        file="report/journal.py",
        old="            os.fsync(self._handle)\n",
        new="            pass\n",
        test="tests/report/test_journal_on_disk.py::test_what_was_written_is_handed_to_the_disk_by_a_sync_and_at_the_end",
        because=r"not handed to the disk",
    ),
    Break(
        name="a-sync-that-came-too-early-will-do",
        harm="A POST leaves whose line the disk has not been handed: after a power cut nobody knows of it.",
        file="journeys/recording.py",
        old="        if self._next is None:\n",
        new="        self._next = self._under_way\n        if self._next is None or self._next.done():\n",
        test="tests/journeys/test_recording.py"
        "::test_a_hundred_tenants_share_a_few_syncs_and_each_waits_for_one_that_covers_it",
        because=r"its line was not on the disk",
    ),
    Break(
        name="a-blocked-address-goes-on",
        harm="Every further tenant calls from an address that is blocked, and each call prolongs the block for all.",
        file="platform/answers.py",
        old="        return Halt.EVERYONE\n",
        new="        return Halt.TENANT\n",
        test=f"{FAULTS}::test_a_blocked_address_stops_the_whole_run",
        because=r"\{'gamma': 'applied'\} != \{'gamma': 'failed'\}",
    ),
    Break(
        name="the-brake-is-not-asked",
        harm="After Ctrl-C, or a block that another tenant met, the POSTs that were being prepared still leave.",
        file="applying/tenant.py",
        old="    return brake.reason\n",
        new='    return ""\n',
        test="tests/applying/test_tenant.py::test_a_brake_between_a_read_and_its_post_keeps_the_post_back",
        because=r"a POST of orders\.timer that nobody expects",
    ),
    Break(
        name="a-failing-tenant-is-not-left-alone",
        harm="A tenant in trouble is called on and on, which keeps it there.",
        file="platform/budgets.py",
        old="        return self.failures >= self.most\n",
        new="        return False\n",
        test="tests/platform/test_limits.py::test_a_tenant_that_keeps_failing_is_left_alone_and_its_neighbour_is_not",
        because=r"\[None, None, None\] == \[None, <Halt\.TENANT: ",
    ),
    Break(
        name="retry-after-is-ignored",
        harm="A platform that asks to slow down is called again at once, until it blocks the address.",
        file="platform/retries.py",
        old="            asked = asked_pause(result.retry_after, self.wall())\n",
        new="            asked = None\n",
        test="tests/platform/test_retries.py::test_retry_after_is_obeyed_in_both_its_forms[429-date]",
        because=r"assert \(\(40\.0\)\) <= 0\.[0-9]",
    ),
    Break(
        name="not-on-record",
        harm="After kill -9 nothing tells which keys may have been written.",
        file="applying/tenant.py",
        old="        await record(key, IN_FLIGHT)\n",
        new="        pass\n",
        test=f"{JOURNAL}::test_the_journal_is_flushed_while_the_post_is_under_way",
        because=r"assert 64 == 1",
    ),
    Break(
        name="sent-though-not-on-record",
        harm="On a full disk POSTs leave that no file will ever tell of.",
        file="journeys/recording.py",
        old="        self.brake.stop(told)\n",
        new="",
        test=f"{JOURNAL}::test_nothing_is_sent_that_the_journal_has_no_room_for[0]",
        because=r"assert \['acme:orders.*\] == \[\]",
    ),
    Break(
        name="half-a-line-stays",
        harm="After a moment without room on the disk the journal can't be read, and hides what may have been written.",
        file="report/journal.py",
        old="                os.ftruncate(self._handle, self._size)\n",
        new="                pass\n",
        test="tests/report/test_journal_on_disk.py::test_a_line_that_only_half_fits_is_taken_back",
        because=r"the journal can't be read",
    ),
)
"""What stops a run or a tenant, and what is on record when it stops."""

GATES = (
    Break(
        name="a-freeze-is-no-rule",
        harm="A merge in the peak season changes a retailer's order settings.",
        file="planning/gate.py",
        old="*_too_many(len(changed), policy), *_frozen(changed, policy)]\n",
        new="*_too_many(len(changed), policy)]\n",
        test=f"{GATE}::test_nothing_is_written_while_a_rule_stands[frozen]",
        because=r"set\(\) == \{'freeze'\}",
    ),
    Break(
        name="a-refusal-holds-nothing",
        harm="The report says that the gate refused the run, and everything was written.",
        file="planning/gate.py",
        old='            or (HELD_BY_GATE if run_level else "")\n',
        new="",
        test=f"{GATE}::test_nothing_is_written_while_a_rule_stands[over-the-limit]",
        because=r"assert \['t[123]:on_hold_timer_duration', .*\] == \[\]",
    ),
    Break(
        name="stale-is-written",
        harm="A tenant that moved since the review is written with changes that nobody has seen.",
        file="planning/gate.py",
        old='            or (HELD_STALE if stale else "")\n',
        new="",
        test=f"{REVIEWED}::test_a_tenant_that_moved_since_the_review_is_stale_and_the_other_is_applied[live-moved]",
        because=r"'applied' == 'not-attempted'",
    ),
    Break(
        name="plan-can-post",
        harm="A slip anywhere above the client lets `plan` of a pull request write to production.",
        file="platform/client.py",
        old="        async with self._line(access, READING) as line:\n",
        new="        async with self._line(access, WRITING) as line:\n",
        test="tests/platform/test_guard.py::test_a_reader_cannot_be_talked_into_a_post",
        because=r"DID NOT RAISE.*ForbiddenRequest",
    ),
    Break(
        name="echoes-are-shown",
        harm="An error that quotes the token or an API key puts it into the report, for all who read the pull request.",
        file="platform/redact.py",
        old="                kept += [text[done:start], REDACTED]\n",
        new="                kept += [text[done:start], text[start:end]]\n",
        test="tests/journeys/test_secrets.py::test_what_the_platform_echoes_is_redacted[500-status]",
        because=r"a secret is (on stdout|on stderr|in the report)",
    ),
    Break(
        name="drift-is-guessed",
        harm='With drift = "report" and no base, an apply overwrites all that was to be left alone.',
        file="journeys/apply.py",
        old="    if call.base is None:\n",
        new="    if False:\n",
        test="tests/journeys/test_cause.py::test_under_report_apply_refuses_to_guess",
        because=r"assert 0 == 64",
    ),
)
"""What may be written at all, by whom, and what may be shown."""
