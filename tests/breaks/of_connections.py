"""How a defence around the connections themselves is lost: what is sent once, and whose answer is whose."""

from tests.breaks.one import Break

USED_AGAIN = "tests/platform/test_transport.py"
ENDS = "tests/platform/test_transport_ends.py"
NOT_SENT = "tests/platform/test_not_sent.py"
BETWEEN = f"{USED_AGAIN}::test_what_comes_between_two_requests_ends_the_connection"
ONCE = f"{USED_AGAIN}::test_a_request_that_was_read_and_not_answered_is_lost_and_was_sent_once"

CONNECTIONS = (
    Break(
        name="sent-again-on-a-new-connection",
        harm="A POST that was served on a kept connection is sent a second time when that closes without an answer.",
        file="platform/transport.py",
        old='            answer = await connection.ask(data, seconds["read"])\n',
        new=(
            "            try:\n"
            '                answer = await connection.ask(data, seconds["read"])\n'
            "            except httpx.RemoteProtocolError:\n"
            '                connection = await self._connect(*origin, seconds["connect"])\n'
            '                answer = await connection.ask(data, seconds["read"])\n'
        ),
        test=f"{ONCE}[closed-kept-POST]",
        because=r"\['GET', 'POST', 'POST'\] == \['GET', 'POST'\]",
    ),
    Break(
        name="lost-counts-as-never-sent",
        harm="A POST whose connection was reset under it counts as never sent, and is sent again unseen.",
        file="platform/answering.py",
        old='            self.error = httpx.ReadError("lost before the end of the answer")\n',
        new='            self.error = httpx.ConnectError("lost before the end of the answer")\n',
        test=f"{ONCE}[reset-new-POST]",
        because=r"<Sent\.NOT_SENT: 'not-sent'> is <Sent\.LOST: 'lost'>",
    ),
    Break(
        name="a-second-answer-is-let-pass",
        harm="A connection on which two answers came for one request stays in use, and the next key gets a stranger's.",
        file="platform/answering.py",
        old="        if self.complete:\n            self.keeps = False\n\n    def on_header(",
        new="        if self.complete:\n            return\n\n    def on_header(",
        test=f"{USED_AGAIN}::test_a_connection_on_which_something_odd_was_heard_is_not_used_again[a second answer]",
        because=r"\[1, 1\] == \[1, 2\]",
    ),
    Break(
        name="what-nobody-asked-for-is-let-pass",
        harm="A server that says something on a resting connection is out of step, and is trusted all the same.",
        file="platform/connection.py",
        old="        if answer is None:\n            self._end()\n            return\n",
        new="        if answer is None:\n            return\n",
        test=f"{BETWEEN}[a second answer-noticed at rest]",
        because=r"No answer in time.* == Answer\(status=201",
    ),
    Break(
        name="an-answer-from-before-the-request",
        harm="An answer that lay in the socket when the request went out is taken for the answer to it.",
        file="platform/transport.py",
        old="            if young and connection.reusable and connection.silent:\n",
        new="            if young and connection.reusable:\n",
        test=f"{BETWEEN}[a second answer-unread]",
        because=r"Answer\(status=200.* == Answer\(status=201",
    ),
    Break(
        name="any-origin-on-a-free-connection",
        harm="A request for one host goes out on a connection to another, and takes its credential there.",
        file="platform/transport.py",
        old="        if scheme not in _PORTS or self._origin not in (None, origin):\n",
        new="        if scheme not in _PORTS:\n",
        test=f"{NOT_SENT}::test_a_request_for_another_origin_is_refused_also_when_a_connection_is_free",
        because=r"ReadTimeout: nothing heard",
    ),
    Break(
        name="line-breaks-in-headers",
        harm="A line break in a credential or a tenant's file makes two headers of one, or two requests.",
        file="platform/connection.py",
        old="_NAME.fullmatch(name) and _VALUE.fullmatch(value) for",
        new="_NAME.fullmatch(name) for",
        test=f"{NOT_SENT}::test_what_would_make_two_requests_of_one_is_not_sent_and_not_quoted[CR and LF-value]",
        because=r"ReadTimeout: nothing heard",
    ),
    Break(
        name="headers-without-end",
        harm="A server that sends headers for ever fills the memory of the run.",
        file="platform/answering.py",
        old="        if self._framing > MOST_FRAMING:\n",
        new="        if self._framing > 1024 * MOST_FRAMING:\n",
        test="tests/platform/test_answering.py::test_what_is_not_body_has_an_end[headers]",
        because=r"isinstance\(None, ",
    ),
    Break(
        name="a-body-is-held-without-end",
        harm="A body of gigabytes is taken off the wire faster than the cap is looked at.",
        file="platform/connection.py",
        old="            self._transport.pause_reading()\n",
        new="",
        test=f"{USED_AGAIN}::test_a_fast_server_has_to_wait_while_nobody_takes_what_it_sends[length]",
        because=r"assert not True",
    ),
    Break(
        name="a-cut-is-an-end",
        harm="Whoever can cut a TLS connection can shorten an answer, and what is left of it counts as whole.",
        file="platform/connection.py",
        old="        if self._answer is not None and self._ended_in_order():\n",
        new="        if self._answer is not None:\n",
        test="tests/platform/test_transport_tls.py::test_a_body_that_lasts_until_the_end_is_whole_only_if_tls_says_so"
        "[cut-1.3]",
        because=r"flaw=None.* == .*flaw=<Flaw\.CUT_SHORT",
    ),
    Break(
        name="a-turn-is-lost",
        harm="Whoever is cancelled while a connection closes takes it from all others: soon nobody gets a token.",
        file="platform/transport.py",
        old=(
            "        try:\n"
            "            if connection is not None:\n"
            "                await _close(connection)\n"
            "        finally:\n"
            "            self._turn.release()\n"
        ),
        new=(
            "        if connection is not None:\n            await _close(connection)\n        self._turn.release()\n"
        ),
        test=f"{ENDS}::test_who_is_cancelled_leaves_no_connection_and_takes_nobodys_turn[while closing]",
        because=r"PoolTimeout: every connection is in use",
    ),
)
"""What is written once, what is taken for its answer, and what a connection costs the others."""
