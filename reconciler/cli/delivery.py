"""A finished report goes to stdout in the chosen format, and to files; what happens meanwhile goes to stderr."""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from reconciler.cli import exits
from reconciler.cli.colour import wants_colour
from reconciler.cli.options import Output
from reconciler.cli.saying import say
from reconciler.cli.watching import Silence, Watching, watching
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import CannotBeKeptError, CorrectTheCallError, Kept, RealClock, World, own_place
from reconciler.journeys.compile import Run, broken_off, cut_off, not_begun
from reconciler.model.meaning import NO_MEANINGS, Meanings
from reconciler.model.report import Report
from reconciler.model.words import Result
from reconciler.report.collecting import no_collecting
from reconciler.report.write import Format, NotSaved, format_of, pieces, save

RUNS = Path(".reconciler") / "runs"
"""Below the working directory: where the JSON report goes when no --report asks for one."""

_REPORT = "The report of this run"
_LED_TO = {"plan": "The plan file of this run", "apply": _REPORT}
"""Where to a person at a terminal is led, by command."""
_PIPED_WIDTH = 100
"""Cells, when nobody is watching: the same on every machine."""
_BLOCK = 65_536
"""Characters that are written to stdout at once."""


def watching_of(output: Output) -> Watching:
    """Return what shows on stderr how far a run is."""
    if output.quiet:
        return Silence()
    terminal = sys.stderr.isatty()
    colour = wants_colour(output.colour, os.environ, terminal=terminal)
    return watching(RealClock(), os.environ, terminal=terminal, logged=output.verbose, colour=colour)


def world_of(output: Output, watched: Watching | None = None) -> World:
    """Return the real world, with stderr as loud as a person asked for. Whoever gives `watched` ends it."""
    if output.verbose:
        _speak_up()
    watched = watched or watching_of(output)
    return World(
        cwd=Path.cwd(),
        environment=dict(os.environ),
        notice=watched.notice,
        progress=watched.progress,
        watch=watched,
    )


def _speak_up() -> None:
    """Put our own log on stderr. What libraries say of themselves, asyncio of its selector, helps nobody here."""
    import logging  # only to be told of requests

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    ours = logging.getLogger("reconciler")
    ours.setLevel(logging.DEBUG)
    ours.handlers[:] = [handler]  # one, however often a process runs a command


def run_and_deliver(
    output: Output,
    journey: Callable[[World], Report],
    *,
    command: str,
    sandbox: bool = False,
    keep_json: bool = True,
    journal: bool = False,
) -> int:
    """Run a journey and deliver its report; return the exit code. `keep_json`: a JSON report is always written.
    `journal`: beside it, the journey keeps a journal of what it sends.

    Always means: also of a run that ended before it looked at any tenant. Then stderr says why, in place of the
    text report, and a bug goes on to whoever called.
    """
    watched = watching_of(output)
    world = world_of(output, watched)
    run = Run(command, world.stamp(), sandbox)
    try:
        world = replace(world, kept=_kept(output, world.cwd, run, keep_json=keep_json, journal=journal))
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    told: Collection[Path] = ()
    try:
        with closing(watched):
            report = journey(world)
    except CorrectTheCallError as error:
        tell(error.problem)
        report = not_begun(run, error.problem, world.stamp())
        told = error.paths if isinstance(error, CannotBeKeptError) else ()
    except KeyboardInterrupt:
        deliver(cut_off(run, world.stamp()), output, world, text=False)
        raise
    except Exception as error:
        deliver(broken_off(run, error, world.stamp()), output, world, text=False)
        raise
    else:
        return deliver(report, output, world)
    return deliver(report, output, world, text=False, told=told)


@no_collecting()  # a run's report is made of what the run holds anyway
def deliver(report: Report, output: Output, world: World, *, text: bool = True, told: Collection[Path] = ()) -> int:
    """Write every report file first, then stdout; return the exit code. Without `text`, stdout gets no text report.

    A file that a person asked for and didn't get makes exit 0 a 1. The copy below .reconciler/runs is only missed
    aloud: in a read-only checkout a valid file is still valid. Nothing is said of the paths that are `told` already.
    """
    known = _meanings(output, world)
    lost = [problem for path in world.kept.reports if (problem := _save(report, path, known)) is not None]
    failed = [problem for problem in lost if problem.path in output.reports]
    try:
        if text or output.format != Format.TEXT:
            for block in _blocks(_for_stdout(report, output, world.environment, known)):
                # What is in it is wanted: nothing is to be taken out again.
                click.echo(block, nl=False, color=True)
    finally:
        # Ctrl-C ends whoever reads our stdout, too.
        for problem in lost:
            if problem.path not in told:
                say(problem.message, err=True)
        _say_where(report, output, world, [problem.path for problem in lost])
    return report.exit_code or (exits.PROBLEMS if failed else exits.OK)


def tell_journal(output: Output, read: Callable[[World], tuple[str, int]], *, undo: bool) -> int:
    """Put a journal that was read to stdout; return the exit code. It is no report: no file or undo comes of it."""
    if output.reports or undo:
        tell(UsageProblem("A journal is only shown: it is no report.", "Leave out --report and --undo."))
        return exits.USAGE
    try:
        text, exit_code = read(world_of(output))
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    click.echo(text, nl=False)
    return exit_code


def tell(problem: UsageProblem) -> None:
    """Say what is wrong with the call, on stderr."""
    say(f"Error: {problem}", err=True)


def _kept(output: Output, cwd: Path, run: Run, *, keep_json: bool, journal: bool) -> Kept:
    """Choose every path before the run: the journal must be beside the report from its first line on."""
    reports = output.reports
    shown = next((path for path in reports if path.suffix == ".json"), None)
    if shown is None and keep_json:
        folder = own_place(cwd, RUNS)
        _keep_out_of_git(folder.parent)
        stamp = datetime.fromisoformat(run.started_at).strftime("%Y%m%dT%H%M%SZ")
        shown = folder / f"{stamp}-{run.command}-{os.getpid()}.json"
        reports = (*reports, shown)
    if not journal or shown is None:
        return Kept(reports)
    from reconciler.report.journal import journal_beside  # only an apply keeps one

    return Kept(reports, journal_beside(shown))


def _keep_out_of_git(folder: Path) -> None:
    """Reports and the sandbox's state are nobody's source code."""
    try:
        folder.mkdir(exist_ok=True)
        with (folder / ".gitignore").open("x", encoding="utf-8") as marker:  # new: through a link nothing is written
            marker.write("*\n")
    except OSError:
        # The report itself will say what is wrong with the folder.
        return


def _save(report: Report, path: Path, known: Meanings) -> NotSaved | None:
    return save(path, pieces(report, format_of(path) or Format.JSON, meanings=known))


def _meanings(output: Output, world: World) -> Meanings:
    wanted = {Format(output.format), *(format_of(path) for path in world.kept.reports)}
    if not wanted & {Format.HTML, Format.MARKDOWN}:
        return NO_MEANINGS
    from reconciler.journeys.meanings import meanings  # only such a report tells of them

    return meanings(output.settings, world)


def _say_where(report: Report, output: Output, world: World, lost: Collection[Path]) -> None:
    """Say where the report is that nobody asked for by name: to whoever was cut off, or has something to do with it."""
    path = world.kept.reports[-1] if world.kept.reports else None
    if output.quiet or path is None or path in output.reports or path in lost:
        return
    cut_off = report.exit_code in {exits.INTERRUPTED, exits.BUG}
    done = report.command in _LED_TO and report.exit_code != exits.USAGE and report.result is not Result.IN_SYNC
    if cut_off or (done and sys.stderr.isatty()):
        shown = path.relative_to(world.cwd) if path.is_relative_to(world.cwd) else path
        say(f"{_REPORT if cut_off else _LED_TO[report.command]}: {shown}", err=True)


def _blocks(text: Iterable[str]) -> Iterator[str]:
    """Yield the same text in pieces of a size that is worth a write: a piece of ours may be a line."""
    held: list[str] = []
    size = 0
    for piece in text:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def _for_stdout(report: Report, output: Output, environment: Mapping[str, str], known: Meanings) -> Iterator[str]:
    terminal = sys.stdout.isatty()
    colour = wants_colour(output.colour, environment, terminal=terminal)
    width = _PIPED_WIDTH
    if terminal:
        import shutil  # it brings every archive format along, and a hook or a CI job has no terminal

        width = shutil.get_terminal_size().columns
    return pieces(
        report,
        Format(output.format),
        width=width,
        colour=colour,
        verbose=output.verbose,
        meanings=known,
        overview=terminal and not output.verbose,
    )
