"""What docs/examples/gitlab-ci.yml needs of GitLab's API, with nothing but Python's own library.

    gitlab.py note FILE                                          keep one note of the merge request up to date
    gitlab.py reviewed --environment NAME --job NAME --out DIR   fetch the plans of what was merged and not yet applied

Reads GITLAB_TOKEN (a project access token) and the variables that GitLab sets. `reviewed` writes `mr-N.json` for each
merge request, `since` (the commit of the environment's last successful deployment, if any) and `missing`: a line for
everything without a plan that somebody could have read. Exit codes: 0 done, 1 GitLab said no.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARKER = re.compile(r"<!-- reconciler plan (\d+) -->\n")
"""At the start of our note; the number is the pipeline's."""
SECONDS = 60.0
MOST = 256 * 1024 * 1024
MERGE_REQUEST = "merge_request_event"


class GitLab:
    """The API, and the path of this pipeline's project in it. Raises what urllib raises."""

    def __init__(self) -> None:
        self._url = os.environ["CI_API_V4_URL"]
        self._token = os.environ["GITLAB_TOKEN"].strip()
        self.project = f"/projects/{int(os.environ['CI_PROJECT_ID'])}"

    def send(self, method: str, path: str, body: Any = None) -> tuple[bytes, str]:
        """Return the answer's body, and the number of the next page if there is one. Sends once."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", data=data, method=method)  # noqa: S310 -- GitLab's own
        request.add_header("Content-Type", "application/json")
        # Artifacts are redirected to where they are stored: the token is none of that server's business.
        request.add_unredirected_header("PRIVATE-TOKEN", self._token)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 # nosec B310
            return answer.read(MOST), answer.headers.get("x-next-page") or ""

    def every(self, path: str) -> Iterator[Any]:
        """Yield what is on all pages of a list."""
        page = "1"
        while page:
            data, page = self.send("GET", f"{path}{'&' if '?' in path else '?'}per_page=100&page={page}")
            yield from json.loads(data)

    def file(self, path: str) -> bytes | None:
        """Return a file, None if there is none (any more)."""
        try:
            return self.send("GET", path)[0]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise


def note(api: GitLab, file: Path) -> None:
    """Write or edit our note: that of this token's user with the marker at its start. Never over a newer pipeline's."""
    place = f"{api.project}/merge_requests/{int(os.environ['CI_MERGE_REQUEST_IID'])}/notes"
    number = int(os.environ["CI_PIPELINE_ID"])
    text = file.read_text("utf-8") if file.is_file() else f"**The plan didn't finish**: {os.environ['CI_PIPELINE_URL']}"
    me = json.loads(api.send("GET", "/user")[0])["id"]
    ours = [
        (one["id"], int(found[1]), one["body"][found.end() :])
        for one in api.every(f"{place}?sort=asc&order_by=created_at")
        if one["author"]["id"] == me and (found := MARKER.match(one["body"]))
    ]
    body = {"body": f"<!-- reconciler plan {number} -->\n{text}"}
    if not ours:
        api.send("POST", place, body)
        print("Written.")
    elif any(by > number for _, by, _ in ours):
        print("A newer pipeline has written already.")
    elif ours[0][2].strip() == text.strip():
        print("The note says so already.")
    else:
        api.send("PUT", f"{place}/{ours[0][0]}", body)
        print("Edited.")


def reviewed(api: GitLab, environment: str, job: str, out: Path) -> None:
    """Write the plans of all merge requests since the last deployment that succeeded, and what is missing."""
    name = urllib.parse.quote(environment, safe="")
    asked = f"{api.project}/deployments?environment={name}&status=success&order_by=id&sort=desc"
    since = next((str(one["sha"]) for one in api.every(asked)), "")
    missing: list[str] = []
    seen: set[int] = set()
    found = 0
    out.mkdir(parents=True, exist_ok=True)
    for commit in commits(since, missing):
        merged = [
            one
            for one in api.every(f"{api.project}/repository/commits/{commit}/merge_requests")
            if one["state"] == "merged" and one["target_branch"] == os.environ["CI_DEFAULT_BRANCH"]
        ]
        if not merged:
            missing.append(f"commit {commit[:12]}: it came without a merge request")
        for one in merged:
            number = int(one["iid"])
            if number not in seen:
                seen.add(number)
                plan = plan_of(api, number, str(one["sha"]), job)
                if plan is None:
                    missing.append(f"merge request {number}: its last commit has no plan, or it has expired")
                else:
                    found += 1
                    (out / f"mr-{number}.json").write_bytes(plan)
    (out / "since").write_text(since)
    (out / "missing").write_text("".join(f"{line}\n" for line in missing))
    print(f"Plans: {found}. Missing: {len(missing)}.", *missing, sep="\n  ")


def commits(since: str, missing: list[str]) -> list[str]:
    """Return the commits of this branch after `since`; nothing, and a line in `missing`, where they can't be told."""
    if not since:
        missing.append("nothing was ever applied, so nobody knows how far back to look")
        return []
    command = ["git", "rev-list", "--first-parent", f"{since}..{os.environ['CI_COMMIT_SHA']}", "--"]
    known = subprocess.run(
        ["git", "merge-base", "--is-ancestor", since, os.environ["CI_COMMIT_SHA"]], check=False, capture_output=True
    )
    if re.fullmatch(r"[0-9a-f]{40,64}", since) is None or known.returncode != 0:
        missing.append(f"commit {since[:12]}, which was applied last, is not in this branch's history")
        return []
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def plan_of(api: GitLab, number: int, head: str, job: str) -> bytes | None:
    """Return the plan that the newest pipeline of the merge request's head left."""
    pipelines = [
        int(one["id"])
        for one in api.every(f"{api.project}/merge_requests/{number}/pipelines")
        if one["sha"] == head and one.get("source", MERGE_REQUEST) == MERGE_REQUEST
    ]
    for pipeline in sorted(pipelines, reverse=True):
        jobs = [int(one["id"]) for one in api.every(f"{api.project}/pipelines/{pipeline}/jobs") if one["name"] == job]
        for one in sorted(jobs, reverse=True):
            data = api.file(f"{api.project}/jobs/{one}/artifacts/plan.json")
            if data is not None:
                return data if is_whole(data) else None
    return None


def is_whole(data: bytes) -> bool:
    """True for a plan that came to its end. What else is wrong with it, apply says."""
    try:
        report = json.loads(data)
        return report["command"] == "plan" and report["exit_code"] in {0, 1, 2, 3}
    except (ValueError, TypeError, LookupError):
        return False


def main() -> int:
    """Run one command, and return its exit code."""
    parser = argparse.ArgumentParser(description="What the pipeline needs of GitLab's API.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("note").add_argument("file", type=Path)
    finding = commands.add_parser("reviewed")
    finding.add_argument("--environment", required=True)
    finding.add_argument("--job", required=True)
    finding.add_argument("--out", type=Path, required=True)
    said = parser.parse_args()
    try:
        if said.command == "note":
            note(GitLab(), said.file)
        else:
            reviewed(GitLab(), said.environment, said.job, said.out)
    except KeyError as error:
        print(f"{error.args[0]} is missing: in the variables, or in an answer of GitLab's.", file=sys.stderr)
    except urllib.error.HTTPError as error:
        print(f"GitLab answered {error.code}. May the token (scope api, role Developer) do that?", file=sys.stderr)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"It can't be told: {type(error).__name__}. Run the job again.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
