"""How a defence around hosts is lost: who gets a token or a secret, and what a hostile branch gets to do."""

from tests.breaks.one import Break

STAYS = "tests/security/test_tokens_stay.py"
CHECKOUT = "tests/security/test_checkout.py"
KEPT = "tests/security/test_kept_secrets.py"
PLACES = "tests/security/test_secret_places.py"
RUNS_NOTHING = f"{CHECKOUT}::test_a_command_in_a_hostile_checkout_reads_only_its_folders_and_runs_nothing_of_it"
PROOF = "tests/security/test_tls.py::test_a_bad_proof_makes_one_tenant_unreadable_and_sends_nothing"

TOKENS = (
    Break(
        name="redirects-are-followed",
        harm="Whoever can make the API answer with a redirect is sent every tenant's token.",
        file="platform/wire.py",
        old="                response = await self._transport.handle_async_request(request)\n",
        new=(
            "                response = await self._transport.handle_async_request(request)\n"
            '                if "location" in response.headers:\n'
            '                    place = request.url.join(response.headers["location"])\n'
            "                    again = httpx.Request(request.method, place, headers=request.headers)\n"
            "                    response = await httpx.AsyncHTTPTransport().handle_async_request(again)\n"
        ),
        test=f"{STAYS}::test_no_answer_of_the_api_leads_to_another_host[plan]",
        because=r"assert [1-9]\d* == 0",
    ),
    Break(
        name="proxies-of-the-environment",
        harm="A variable that somebody sets in CI leads every request, token included, through a host of theirs.",
        file="platform/connecting.py",
        old="    found = await asyncio.get_running_loop().getaddrinfo(",
        new=(
            "    from urllib.parse import urlsplit\n"
            "    from urllib.request import getproxies\n\n"
            '    proxy = urlsplit(getproxies().get("http", ""))\n'
            "    host, port = proxy.hostname or host, proxy.port or port\n"
            "    found = await asyncio.get_running_loop().getaddrinfo("
        ),
        test=f"{STAYS}::test_no_proxy_and_no_netrc_of_the_environment_is_used[plan]",
        because=r"assert 1 == 0",
    ),
    Break(
        name="any-origin-for-a-token",
        harm="A pull request that changes the origin in the settings is sent the tokens of the whole fleet.",
        file="inputs/credentials.py",
        old="        if entry.origin != origin and not same_origin(entry.origin, origin):\n",
        new="        if not entry.origin:\n",
        test="tests/inputs/test_credentials.py::test_a_token_is_not_handed_out_for_another_origin",
        because=r"Access\(tenant=.* UsageProblem|isinstance\(Access\(",
    ),
    Break(
        name="a-token-for-the-storage",
        harm="GitHub's token goes along to the storage that a download is redirected to.",
        file="github/api.py",
        old="self._headers() if own else {}",
        new="self._headers()",
        test="tests/github/test_api.py::test_a_download_follows_to_the_storage_without_the_token",
        because=r"\['/.*\] == \[\]",
    ),
)

BRANCHES = (
    Break(
        name="settings-name-commands",
        harm="Settings with a secret or a command in them look like any others, and somebody reads them one day.",
        file="inputs/trust.py",
        old="    if not names:\n",
        new="    if True:\n",
        test="tests/inputs/test_trust.py::test_every_refused_name_is_listed_once",
        because=r"must not be' in ",
    ),
    Break(
        name="settings-reach-out",
        harm="A setting of the branch has files read from anywhere on the machine, and findings quote them.",
        file="inputs/trust.py",
        old="        is_below = path.resolve().is_relative_to(folder.resolve())\n",
        new="        is_below = path.resolve() is not None\n",
        test="tests/security/test_tls.py::test_a_checkout_brings_no_authority_from_elsewhere",
        because=r"assert 1 == 64|assert 0 == 64",
    ),
    Break(
        name="a-monitor-of-the-branchs",
        harm="The configuration of a repository names a program, and git runs it for whoever plans there.",
        file="inputs/git.py",
        old='    "core.fsmonitor=false",\n',
        new="",
        test=f"{RUNS_NOTHING}[plan]",
        because=r"something of the branch was run",
    ),
    Break(
        name="a-bare-repository-in-the-branch",
        harm="A folder in the branch that looks like a repository brings a configuration of its own.",
        file="inputs/git.py",
        old='    "safe.bareRepository=explicit",\n',
        new="",
        test="tests/inputs/test_revision.py::test_a_folder_dressed_up_as_a_bare_repository_is_not_taken_for_one",
        because=r"Revision\(",
    ),
    Break(
        name="what-is-missing-is-fetched",
        harm="Git asks a server that the repository names, with the credentials of whoever is there.",
        file="inputs/git.py",
        old=('    "GIT_NO_LAZY_FETCH": "1",\n    "GIT_NO_REPLACE_OBJECTS": "1",\n    "GIT_ALLOW_PROTOCOL": "none",\n'),
        new='    "GIT_NO_REPLACE_OBJECTS": "1",\n',
        test="tests/inputs/test_committed.py::test_what_a_partial_clone_lacks_is_not_fetched",
        because=r"isinstance\(b'a: 1",
    ),
    Break(
        name="a-git-of-the-branchs",
        harm="With an empty entry in the PATH, a file called git among the tenants is run instead of git.",
        file="inputs/git.py",
        old='os.pathsep.join(absolute_entries(kept["PATH"])) or os.devnull',
        new='kept["PATH"]',
        test="tests/inputs/test_revision.py::test_a_git_that_lies_among_the_tenants_is_not_run[sub]",
        because=r"'0000000",
    ),
    Break(
        name="links-out-of-the-tenants",
        harm="A link among the tenants has any file read, and what is wrong with it quoted in a comment.",
        file="desired/files.py",
        old=(
            "    if not target.is_relative_to(root):\n"
            "        return Entry(path, Kind.LINK_OUTSIDE)\n"
            "    if stat.S_ISDIR(mode):\n"
            "        return Entry(path, Kind.LINK_TO_FOLDER)\n"
            "    if not stat.S_ISREG(mode):\n"
            "        return Entry(path, Kind.SPECIAL)\n"
            "    return Entry(path, Kind.FILE, target.relative_to(root).as_posix())\n"
        ),
        new=(
            "    if stat.S_ISDIR(mode):\n"
            "        return Entry(path, Kind.LINK_TO_FOLDER)\n"
            "    if not stat.S_ISREG(mode):\n"
            "        return Entry(path, Kind.SPECIAL)\n"
            "    return Entry(path, Kind.FILE, path)\n"
        ),
        test=f"{RUNS_NOTHING}[validate]",
        because=r"a file was opened that is none of the command's business",
    ),
    Break(
        name="the-default-folder-leads-out",
        harm="A branch in which `tenants` is a link has the files of another folder read and quoted.",
        file="inputs/settings.py",
        old="        if isinstance(inside(self.base, _DEFAULT_TENANTS), str):\n",
        new="        if not self.base.is_absolute():\n",
        test="tests/inputs/test_trust.py::test_the_default_folder_of_tenants_does_not_lead_out_either[settings]",
        because=r"isinstance\(Settings\(",
    ),
    Break(
        name="kept-where-a-link-leads",
        harm="Reports, and a .gitignore that hides everything, are written into whatever folder a branch points at.",
        file="journeys/call.py",
        old="    if isinstance(inside(cwd, str(name)), str):\n",
        new="    if name.is_absolute():\n",
        test="tests/journeys/test_own_folder.py::test_a_link_in_its_place_is_refused_and_nothing_is_sent[plan]",
        because=r"assert \d == 64",
    ),
    Break(
        name="schemas-by-a-link",
        harm="A link among the schemas has any file read, or a device without end.",
        file="catalogue/sources.py",
        old="        inside = within is None or path.resolve().is_relative_to(within.resolve())\n",
        new="        inside = within is None or path.is_relative_to(within)\n",
        test="tests/catalogue/test_load.py::test_an_extra_folder_is_read_as_far_as_it_goes_and_no_further[document]",
        because=r"'A link leads out of' in ",
    ),
)

SECRETS = (
    Break(
        name="a-secret-for-any-host",
        harm="A pull request that changes the URL of a webhook has its key sent to a host of the author's.",
        file="inputs/origins.py",
        old=" or place.authority != target.authority:\n",
        new=":\n",
        test=f"{PLACES}::test_no_spelling_of_another_host_takes_a_secret_there",
        because=r"assert 0 in \{",
    ),
    Break(
        name="a-secret-beside-any-path",
        harm="A secret that is for one path of a shared host goes to another tenant of that host.",
        file="inputs/origins.py",
        old='_DOT_STEP = re.compile(r"/\\.{1,2}(?:[/;]|$)")',
        new='_DOT_STEP = re.compile(r"/\\.{1,2}(?:/|$)")',
        test="tests/inputs/test_origins.py::test_a_secret_covers_urls_of_its_own_origin_only[path-leaves-by-parameter]",
        because=r"assert True is False",
    ),
    Break(
        name="a-secret-for-no-host",
        harm="A field of a new key is sensitive, nobody says where it is sent, and any URL beside it will do.",
        file="catalogue/totals.py",
        old='        elif node.get("x-sensitive") and "x-sent-to" not in node:\n',
        new="        elif False:\n",
        test="tests/catalogue/test_load.py::test_what_is_not_understood_is_refused_with_its_place[unbound]",
        because=r"= isinstance\(Catalogue\(",
    ),
    Break(
        name="everybodys-secrets",
        harm="A tenant's file names another tenant's secret, and it is sent to the host of the one who asked.",
        file="journeys/reach.py",
        old="        return {tenant: access.secrets for tenant, access in self.access.items()}\n",
        new=(
            "        known = {name: one for access in self.access.values() for name, one in access.secrets.items()}\n"
            "        return dict.fromkeys(self.access, known)\n"
        ),
        test=f"{PLACES}::test_a_tenant_gets_its_own_secrets_and_nothing_else_by_that_name[apply]",
        because=r"secret-unavailable",
    ),
    Break(
        name="two-readings-of-a-host",
        harm="A letter that an older standard reads differently takes a secret to a host that anybody could buy.",
        file="inputs/origins.py",
        old="    if not url.isascii():\n",
        new="    if not url.isprintable():\n",
        test="tests/inputs/test_origins.py::test_a_secret_covers_urls_of_its_own_origin_only[two-standards-of-names]",
        because=r"assert True is False",
    ),
)

CREDENTIALS = (
    Break(
        name="a-shell-for-the-command",
        harm="What stands in an argument of the credentials command is run by a shell.",
        file="inputs/command.py",
        old="            list(argv),\n            executable=_program(argv[0], environment),\n",
        new='            " ".join(argv),\n            shell=True,\n',
        test="tests/inputs/test_command.py::test_no_shell_reads_the_arguments",
        because=r"== b\"\['\$HOME",
    ),
    Break(
        name="what-the-command-printed",
        harm="A command that fails half-way has the credentials it printed shown in the log of CI.",
        file="inputs/command.py",
        old="            said=_last_words(words),\n        )\n    return bytes(out)\n",
        new="            said=_last_words(out + words),\n        )\n    return bytes(out)\n",
        test="tests/inputs/test_command.py::test_a_failure_shows_exit_code_and_stderr_but_not_stdout_or_arguments",
        because=r"canary-never-shown",
    ),
    Break(
        name="a-program-of-the-branchs",
        harm="With an empty entry in the PATH, a file of the branch that is called sops is run instead of sops.",
        file="inputs/command.py",
        old='    for folder in absolute_entries(environment.get("PATH", os.defpath)):\n',
        new='    for folder in environment.get("PATH", os.defpath).split(":"):\n',
        test="tests/inputs/test_command.py::test_a_program_is_never_looked_up_in_the_working_directory[.]",
        because=r"theirs",
    ),
    Break(
        name="the-commands-words-are-kept",
        harm="What a vault's client said of a secret when it failed is in the report, for all who may read that.",
        file="journeys/compile.py",
        old='    said = " ".join((problem.message, "; ".join(problem.details))).rstrip()\n',
        new='    said = " ".join((problem.message, "; ".join((*problem.details, *problem.said)))).rstrip()\n',
        test="tests/journeys/test_credentials_command.py"
        "::test_what_a_failing_command_says_is_told_and_in_no_report[plan]",
        because=r"'vault: no login for roosting' not in",
    ),
    Break(
        name="a-command-of-the-checkouts",
        harm="A credentials command that is named by a relative path is whatever the branch has at that place.",
        file="inputs/command.py",
        old='    return "/" in name and not name.startswith("/")\n',
        new="    return False\n",
        test="tests/journeys/test_credentials_command.py"
        "::test_a_command_of_the_checkouts_is_refused_before_anything_is_run",
        because=r"assert 'absolute path' in|was-run",
    ),
    Break(
        name="credentials-for-the-group",
        harm="Everybody on the machine who shares a group can read the tokens, and nobody is told.",
        file="inputs/sources.py",
        old="    if mode & 0o066:\n",
        new="    if mode & 0o006:\n",
        test="tests/security/test_kept_secrets.py::"
        "test_credentials_that_others_can_reach_end_every_command_that_needs_them[0640]",
        because=r"assert \d == 64",
    ),
    Break(
        name="a-literal-is-repeated",
        harm="A secret that stands in a tenant's file is repeated into the comment of the pull request.",
        file="desired/checks.py",
        old='    message = f"{name} is sensitive and takes',
        new='    message = f"{name} is {value_at(declared.value, path[2:])!r}, but sensitive, and takes',
        test="tests/security/test_kept_secrets.py::test_a_literal_in_any_tenants_file_is_a_problem_of_validate",
        because=r"a secret is on stdout",
    ),
    Break(
        name="only-sensitive-fields-are-searched",
        harm="A token that was pasted into a comment or another field is merged, and stays in git for all to read.",
        file="desired/slips.py",
        old="    found = _found(data, raw) if suspicious(data) or spells(data) else ()\n",
        new="    found: tuple[Likeness, ...] = ()\n",
        test=f"{KEPT}::test_a_well_known_secret_is_a_problem_wherever_it_stands",
        because=r"AssertionError: \('key', 'comment'\)|a secret is on stdout",
    ),
    Break(
        name="a-glance-passes-secrets",
        harm="A file that is in order but for a token in a comment is waved through, and nobody hears of it.",
        file="desired/glance.py",
        old="        groups = None if suspicious(data) else quick(data)\n",
        new="        groups = quick(data)\n",
        test=f"{KEPT}::test_a_well_known_secret_is_a_problem_wherever_it_stands",
        because=r"AssertionError: \('key', 'comment'\)",
    ),
    Break(
        name="a-message-repeats-what-slipped",
        harm="The finding about a value that is wrong shows the token that stands there, in every log of CI.",
        file="desired/slips.py",
        old="    kept = [_withheld(problem, found) for problem in problems]\n",
        new="    kept = [*problems]\n",
        test=f"{KEPT}::test_a_well_known_secret_is_a_problem_wherever_it_stands",
        because=r"a secret is (on stdout|in the report)",
    ),
    Break(
        name="settings-are-not-searched",
        harm="A token in a comment of reconciler.toml is merged, and stays in git for all to read.",
        file="inputs/settings.py",
        old="        slipped = refused_slips(file.path, file.slips)\n",
        new="        slipped = None\n",
        test=f"{KEPT}::test_a_well_known_secret_anywhere_in_the_settings_is_refused",
        because=r"assert \d+ == 64|a secret is on stderr",
    ),
)

PROOFS = (
    Break(
        name="any-certificate",
        harm="Anybody on the way answers as the tenant, is sent its token, and says what is live.",
        file="platform/client.py",
        old="    return lambda: context\n",
        new="    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE\n    return lambda: context\n",
        test=f"{PROOF}[self-signed-plan]",
        because=r"assert \d == 1|== 'unreadable'|\[Seen\(",
    ),
    Break(
        name="any-name",
        harm="A certificate for any host that the authority has signed is good enough for every tenant.",
        file="platform/client.py",
        old="    return lambda: context\n",
        new="    context.check_hostname = False\n    return lambda: context\n",
        test=f"{PROOF}[another host-plan]",
        because=r"assert \d == 1|== 'unreadable'|\[Seen\(",
    ),
    Break(
        name="old-tls",
        harm="Tokens travel over a protocol that can be broken.",
        file="platform/client.py",
        old="    return lambda: context\n",
        new=(
            '    context.set_ciphers("ALL:@SECLEVEL=0")\n'
            "    context.minimum_version = ssl.TLSVersion.TLSv1\n"
            "    return lambda: context\n"
        ),
        test=f"{PROOF}[TLS 1.1-plan]",
        because=r"assert \d == 1|== 'unreadable'|\[Seen\(",
    ),
)

HOSTS = (*TOKENS, *BRANCHES, *SECRETS, *CREDENTIALS, *PROOFS)
"""Tokens and secrets at home, a branch that only holds data, credentials that are kept."""
