"""The commands: words, files in, exit codes out. What they do is in the module of the same name.

Exit codes: 0 done; 1 what was asked about isn't so, or couldn't be done; 64 a wrong call; 70 a bug of ours.
"""

import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.github.runner import Runner, complain
from reconciler.github.stopping import MendAndRunAgainError, usable

if TYPE_CHECKING:
    from reconciler.github.api import Api

BOT = "github-actions[bot]"
"""The author of what a workflow writes with its own token."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_URL = re.compile(r"https?://[^\s()<>\[\]\"'`\\|]+")


def _fitting(form: re.Pattern[str], what: str) -> "_Checked":
    """Return an option's check: its value ends up in a URL, in Markdown, or among git's arguments."""

    def check(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        if value and not form.fullmatch(value):
            raise click.BadParameter(f"{value[:60]!r} is not {what}.", context, parameter)
        return value

    return check


_Checked = Callable[[click.Context, click.Parameter, str | None], str | None]
_NAMED = _fitting(re.compile(r"[A-Za-z0-9._-]+\.ya?ml"), "the name of a workflow's file, such as apply.yml")
_COMMIT = _fitting(_SHA, "the full name of a commit")
_LINK = _fitting(_URL, "an address")
_FILE = click.Path(path_type=Path, dir_okay=False)
_OUT = click.Path(path_type=Path, file_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group("github", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="reconciler-github", message="%(prog)s %(version)s")
def main() -> None:
    """What the workflows on GitHub need beyond the command `reconciler`.

    Reads GITHUB_TOKEN, GITHUB_API_URL and the other variables that the runner sets.
    """


def entry() -> None:
    """Run as the program `reconciler-github`: it looks for modules beside itself, never in the working directory.

    `python -m` would look there first, and in a job the working directory may be a stranger's pull request.
    """
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run one command and return its exit code."""
    runner = Runner(environment)
    try:
        code = main.main(list(arguments), prog_name="reconciler-github", standalone_mode=False, obj=runner)
    except click.ClickException as error:
        error.show()
        return 64
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return 130
    except MendAndRunAgainError as error:
        complain(error.failure)
        return 1
    except Exception as error:  # noqa: BLE001 -- the last line of defence; its message may quote what it shouldn't
        click.echo(f"A bug in reconciler {__version__}: {type(error).__name__}, raised here:", err=True)
        for frame in traceback.extract_tb(error.__traceback__):
            click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True)
        click.echo("Please report it with these lines.", err=True)
        return 70
    return code if isinstance(code, int) else 0


def _api(runner: Runner) -> "Api":
    from reconciler.github.api import api_from

    return usable(api_from(runner.environment))


@main.command("ground")
@click.option("--base", type=_FOLDER, required=True, help="The tree that is trusted: the base branch.")
@click.option("--data", type=_FOLDER, required=True, help="The tree that is judged: the pull request's.")
@click.pass_obj
def ground(runner: Runner, base: Path, data: Path) -> int:
    """Find settings and tenants as the base has them.

    The base's settings file, and the tenants folder in both trees. Offline.

    Outputs: settings (an absolute path), tenants (relative to the top of the tree).
    """
    from reconciler.github.ground import find_ground

    return find_ground(base, data, runner)


@main.command("annotate")
@click.argument("report", type=_FILE)
@click.option("--known", type=_FILE, help="The report of `validate` on the base: its problems are only noted.")
def annotate(report: Path, known: Path | None) -> int:
    """Show problems and risky changes at their lines.

    In the files of the pull request, as annotations. Offline.
    """
    from reconciler.github.annotate import annotate

    return annotate(report, known)


@main.command("judge")
@click.option("--validated", type=_FILE, required=True, help="The report of `validate` on the pull request.")
@click.option("--known", type=_FILE, help="The report of `validate` on the base.")
@click.option("--touched", type=_FILE, help="What `git diff -z --name-only --no-renames` prints.")
@click.option("--plan", type=_FILE, help="The report of `plan` on the pull request.")
@click.pass_obj
def judge(runner: Runner, validated: Path, known: Path | None, touched: Path | None, plan: Path | None) -> int:
    """Exit 1 if the pull request's own work has problems.

    Offline. The verdict goes to stdout and to the step's summary.
    """
    from reconciler.github.judge import judge

    return judge(runner, validated=validated, known=known, touched=touched, plan=plan)


@main.command("comment")
@click.option("--pull", type=click.IntRange(min=1), required=True, help="Number of the pull request.")
@click.option("--head", required=True, callback=_COMMIT, help="The head that the plan is of.")
@click.option("--report", type=_FILE, help="The report of `plan`; left out, or not there: the plan didn't finish.")
@click.option("--artifact-url", default="", callback=_LINK, help="Where the whole report can be downloaded.")
@click.option("--author", default=BOT, show_default=True, help="Who writes: the login of the token.")
@click.pass_obj
def comment(runner: Runner, pull: int, head: str, report: Path | None, artifact_url: str, author: str) -> int:
    """Keep the plan's comment up to date.

    The one comment of a pull request. Needs permissions: pull-requests: write.
    """
    from reconciler.github.comment import Subject, comment

    return comment(_api(runner), runner.run(), Subject(pull, head, artifact_url), report, author)


@main.command("reviewed")
@click.option("--branch", required=True, help="The branch that is applied.")
@click.option("--tip", required=True, callback=_COMMIT, help="Its commit that is to be applied.")
@click.option("--plan-workflow", required=True, callback=_NAMED, metavar="FILE", help="The workflow that plans.")
@click.option("--apply-workflow", required=True, callback=_NAMED, metavar="FILE", help="The workflow that applies.")
@click.option("--artifact", required=True, help="Name of the artifact that has the plan, as plan.json.")
@click.option("--out", type=_OUT, required=True, help="Folder for the plans.")
@click.option("--repository-dir", type=_FOLDER, default=".", help="A clone with the whole history [.].")
@click.pass_obj
def reviewed(runner: Runner, /, out: Path, repository_dir: Path, **wanted: str) -> int:
    """Fetch the reviewed plans of what was merged.

    Of all pull requests since the last successful apply.

    Outputs: plans (a path a line), since (a commit, or nothing), missing (JSON: what has no plan, and why).
    Needs permissions: actions: read, pull-requests: read, contents: read.
    """
    from reconciler.github.reviewed import Wanted, reviewed
    from reconciler.inputs.git import Git

    return reviewed(_api(runner), runner, Wanted(**wanted), out, Git(repository_dir, runner.environment))


@main.command("drift-issue")
@click.option("--report", type=_FILE, required=True, help="The report of `plan` of the whole branch.")
@click.option("--label", default="drift", show_default=True, help="The issue's label; empty for none.")
@click.option("--author", default=BOT, show_default=True, help="Who writes: the login of the token.")
@click.option("--artifact-url", default="", callback=_LINK, help="Where the whole report can be downloaded.")
@click.pass_obj
def drift_issue(runner: Runner, report: Path, label: str, author: str, artifact_url: str) -> int:
    """Keep one issue open while anything differs.

    As long as the live values aren't what git declares. Needs permissions: issues: write.
    """
    from reconciler.github.drift_issue import Tracker, drift_issue

    return drift_issue(Tracker(_api(runner), runner.run(), label, author), report, artifact_url)


@main.command("reviewers")
@click.argument("environment")
@click.pass_obj
def reviewers(runner: Runner, environment: str) -> int:
    """Exit 0 if the environment has a required reviewer.

    Else exit 1, and say where to click. Needs permissions: actions: read.
    """
    from reconciler.github.reviewers import reviewers

    return reviewers(_api(runner), environment)


@main.command("held-back")
@click.option("--apply-workflow", required=True, callback=_NAMED, metavar="FILE", help="The workflow that applies.")
@click.option("--branch", required=True, help="The branch that is applied.")
@click.option("--report", type=_FILE, required=True, help="The report of `plan` of the branch as it is now.")
@click.option("--artifact", default="reconciler-apply", show_default=True, help="Its artifact, with apply.json.")
@click.option("--dispatch", is_flag=True, help="Start the workflow if something was held back.")
@click.pass_obj
def held_back(runner: Runner, apply_workflow: str, branch: str, report: Path, artifact: str, dispatch: bool) -> int:
    """Ask whether a freeze held back the last apply.

    And is over now. Output: held (true or false).

    Needs permissions: actions: read, and with --dispatch actions: write.
    """
    from reconciler.github.held_back import held_back

    return held_back(_api(runner), runner, apply_workflow, branch, report, artifact=artifact, dispatch=dispatch)
