"""The last line of what we write into GitHub: where it is from."""

import re

from reconciler.github.runner import Run
from reconciler.report.untrusted import markdown


def footer(run: Run, commit: str | None, artifact_url: str) -> str:
    """Return the line with the commit, the run and the artifact. It holds no time: what is the same reads the same."""
    parts = [f"Commit {markdown(commit[:40])}"] if commit else []
    if run.url:
        parts.append(f"[run {run.number}]({run.url})")
    if artifact_url:
        parts.append(f"[the whole report]({artifact_url})")
    return f"\n<sub>{' · '.join(parts)}</sub>\n" if parts else ""


def lasting(text: str) -> str:
    """Return `text` without the run in its last line: what one run says and another would say again."""
    before, mark, last = text.rpartition("\n<sub>")
    return f"{before}{mark}{_RUN.sub('', last)}"


_RUN = re.compile(r"(^| · )\[run \d+\]\([^()\s]*\)")
