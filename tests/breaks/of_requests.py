"""How a defence around reads and POSTs is lost."""

from tests.breaks.one import Break

FAULTS = "tests/journeys/test_faults.py"
ORDINARY = f"{FAULTS}::test_an_ordinary_key_ends_as_it_is_stored"
ONCE = f"{FAULTS}::test_a_write_once_key_is_sent_at_most_once"
READING = f"{FAULTS}::test_what_can_not_be_read_is_unreadable_and_never_unset"
REVIEWED = "tests/journeys/test_reviewed_plans.py"
READ_BACKS = "tests/journeys/test_read_backs.py"

READS = (
    Break(
        name="no-read-before-the-post",
        harm="A write-once key that a person has set since the plan is sent all the same.",
        file="applying/write.py",
        old="    before = await desk.api.read(item.key)\n",
        new="    before = item.live\n",
        test="tests/applying/test_write.py::test_the_read_right_before_a_post_can_end_it[once-set-to-another]",
        because=r"a POST of orders\.numbers that nobody expects",
    ),
    Break(
        name="what-moved-is-overwritten",
        harm="What an operator changed between plan and write is overwritten, and nobody is told.",
        file="applying/verdicts.py",
        old="    if moved(item.live, now):\n",
        new="    if item.live.state is not now.state:\n",
        test=f"{ORDINARY}[rival-before]",
        because=r"\('applied', 120\) == \('skipped', 77\)",
    ),
    Break(
        name="a-rival-is-outdone",
        harm="A POST that lost a race is sent again, and again, over the winner's value.",
        file="applying/verdicts.py",
        old="    return Landed.OTHER if other else Landed.NOT_YET\n",
        new="    return Landed.NOT_YET\n",
        test=f"{ORDINARY}[lost-race]",
        because=r"assert 3 == 1",
    ),
    Break(
        name="an-old-reading-will-do",
        harm="A POST that had to queue for minutes is sent on a reading that is as old.",
        file="platform/pace.py",
        old="        if refused is None and self.run.clock.now() > by:\n",
        new="        if refused is None and self.run.clock.now() > by + self.run.limits.window_seconds:\n",
        test="tests/platform/test_limits.py::test_a_post_that_would_have_to_queue_is_not_sent",
        because=r"\(<Sent\.ACCEPTED: .*\) == \(<Sent\.NOT_SENT: ",
    ),
    Break(
        name="404-is-unset",
        harm="At a mistyped origin every key looks unset, and the whole file is created there.",
        file="platform/answers.py",
        old="            LiveState.UNKNOWN_KEY,\n",
        new="            LiveState.UNSET,\n",
        test=f"{READING}[unknown-unreadable-unknown-key]",
        because=r"\('create', 'unset'\) == \('unreadable', 'unknown-key'\)",
    ),
    Break(
        name="no-date-is-unset",
        harm="A sequence whose answer lacks its date counts as unset, and is sent a second time in its life.",
        file="platform/answers.py",
        old="        return Live(LiveState.AMBIGUOUS, built, None, unknown, detail)\n",
        new="        return Live(LiveState.UNSET, detail=detail)\n",
        test=f"{REVIEWED}::test_an_ambiguous_key_is_written_on_a_reviewed_assumption_only",
        because=r"'unset' == 'ambiguous'",
    ),
    Break(
        name="a-body-without-end",
        harm="An answer without end fills the memory of the run, and all tenants' outcomes are lost with it.",
        file="platform/wire.py",
        old="        if len(into) > MAX_BYTES:\n",
        new="        if len(into) > 1024 * MAX_BYTES:\n",
        test="tests/platform/test_reading.py::test_the_status_decides_and_then_the_body_within_its_bounds[too large]",
        because=r"'larger than 1 MiB' in '200 OK, but the body is not JSON",
    ),
)
"""What is read, and what is concluded from it."""

POSTS = (
    Break(
        name="a-refusal-is-believed",
        harm="A gateway that gave up says 404 or 408, the platform has stored the value, and the report says rejected.",
        file="applying/write.py",
        old="                return await self._refused(Status.REJECTED, posted)\n",
        new="                return Written(Outcome(Status.REJECTED, posted.detail))\n",
        test=f"{ORDINARY}[not-found-but-written]",
        because=r"\('rejected', 120\) == \('applied', 120\)",
    ),
    Break(
        name="lost-so-again",
        harm="After a lost answer a POST is sent again unseen: a second time, or over what others wrote since.",
        file="applying/write.py",
        old="        return self._reread(posted, await self.desk.api.read(self.item.key, verifying=True))\n",
        new=(
            "        if self.posts < TRIES:\n"
            "            return None\n"
            "        return self._reread(posted, await self.desk.api.read(self.item.key, verifying=True))\n"
        ),
        test=f"{ORDINARY}[dropped-but-written]",
        because=r"assert 3 == 1",
    ),
    Break(
        name="posts-are-retried-like-reads",
        harm="A 5xx that came after the write makes the platform write twice.",
        file="platform/tenant.py",
        old=(
            "        result = await self._authorised(lambda token: self._post(key, token, body, by), method,"
            " Errand.WRITE)\n"
        ),
        new=(
            "        result = await self._line.retries.run(\n"
            "            lambda: self._authorised(\n"
            "                lambda token: self._post(key, token, body, by), method, Errand.WRITE\n"
            "            ),\n"
            "            Method.READ,\n"
            "            Errand.WRITE,\n"
            "        )\n"
        ),
        test=f"{ORDINARY}[error-but-written]",
        because=r"assert 2 == 1",
    ),
    Break(
        name="write-once-is-sent-again",
        harm="A sequence whose answer was lost is sent again, though the first may yet arrive: it can be set twice.",
        file="applying/write.py",
        old="                    return await self._lost_write_once(posted)\n",
        new="                    return await self._lost(posted)\n",
        test=f"{ONCE}[dropped]",
        because=r"\('applied', \{.*\}\) == \('unknown', None\)",
    ),
    Break(
        name="write-once-after-401",
        harm="A sequence goes out twice in a run whenever a token ends early.",
        file="platform/retries.py",
        old="        Happened.UNAUTHORISED, Do.RENEW, Do.END_TENANT, Do.RENEW, Do.END_TENANT,\n",
        new="        Happened.UNAUTHORISED, Do.RENEW, Do.END_TENANT, Do.RENEW, Do.RENEW,\n",
        test=f"{ONCE}[unauthorised-client]",
        because=r"\('applied', \{.*\}\) == \('failed', None\)",
    ),
    Break(
        name="write-once-is-updated",
        harm="A sequence that is set is sent anew when its file changes, and orders get numbers that exist already.",
        file="planning/decide.py",
        old="            return Decision(Action.BLOCKED, Reason.WRITE_ONCE_DIFFERS)\n",
        new="            return Decision(Action.UPDATE, Reason.DIFFERS)\n",
        test="tests/journeys/test_round_trip.py::test_a_set_sequence_is_never_sent_whatever_the_file_says",
        because=r"\('update', 'differs'\) == \('blocked', 'write-once-differs'\)",
    ),
    Break(
        name="a-200-is-believed",
        harm="The report says applied where the platform took a POST and kept the old value.",
        file="applying/write.py",
        old="                return await self._verified(posted)\n",
        new="                return Written(Outcome(Status.APPLIED, verified=True))\n",
        test=f"{ORDINARY}[ignored]",
        because=r"\('applied', 60\) == \('failed', 60\)",
    ),
    Break(
        name="unreadable-is-taken-for-done",
        harm="The report says applied of a key that nobody could read back, and that was never written.",
        file="applying/verdicts.py",
        old="        return Landed.UNREADABLE\n",
        new="        return Landed.YES\n",
        test=f"{ORDINARY}[dropped-and-unreadable]",
        because=r"\('applied', 60\) == \('unknown', 60\)",
    ),
    Break(
        name="a-read-back-waits-its-turn",
        harm="What an open breaker or a spent deadline keeps from being read back is unknown for no reason.",
        file="applying/write.py",
        old="        return self._reread(posted, await self.desk.api.read(self.item.key, verifying=True))\n",
        new="        return self._reread(posted, await self.desk.api.read(self.item.key))\n",
        test=f"{READ_BACKS}::test_a_post_that_opens_the_breaker_is_still_read_back[ordinary]",
        because=r"\('unknown', 120\) == \('applied', 120\)",
    ),
    Break(
        name="a-write-once-read-back-waits-its-turn",
        harm="A sequence that was set is reported as unknown, and somebody has to find out by hand.",
        file="applying/write.py",
        old=(
            "            now = await self.desk.api.read(self.item.key, verifying=True)\n"
            "            landed = after_post(self.item, self.before, now, self.desk.secrets)\n"
        ),
        new=(
            "            now = await self.desk.api.read(self.item.key)\n"
            "            landed = after_post(self.item, self.before, now, self.desk.secrets)\n"
        ),
        test=f"{READ_BACKS}::test_a_post_that_opens_the_breaker_is_still_read_back[write-once]",
        because=r"\('unknown', \{.*\}\) == \('applied', \{",
    ),
    Break(
        name="an-earlier-post-is-forgotten",
        harm="After a lost POST and then no connection, what the first one did is unknown for no reason.",
        file="applying/write.py",
        old="        now = await self.desk.api.read(self.item.key, verifying=bool(self.posts))\n",
        new="        now = await self.desk.api.read(self.item.key)\n",
        test=f"{READ_BACKS}::test_every_read_after_a_post_may_pass_the_limits_and_none_before[lost-then-unsent]",
        because=r"'RVRV' == 'RVVV'",
    ),
    Break(
        name="followers-go-on",
        harm="The external order system is switched on without the webhook that it needs, and order look-ups fail.",
        file="applying/tenant.py",
        old="        for before in approved.plan.predecessors.get(name, ())\n",
        new="        for before in ()\n",
        test="tests/applying/test_tenant.py::test_a_key_whose_predecessor_was_not_written_is_skipped[rejected]",
        because=r"\{'switch': 'applied'\} != \{'switch': 'skipped'\}",
    ),
)
"""What is sent, how often, and what is said of it."""
