"""What is said on stdout and stderr beside reports, made harmless: names, paths and a command's words are others'.

A CI runner reads both, and obeys a line that begins with `::`, or has `##[` anywhere.
"""

import click


def harmless(text: str) -> str:
    """Return `text` with each of its lines fit for a terminal and a log. Its line breaks are taken for ours."""
    from reconciler.report.untrusted import terminal  # not every run says something

    return "\n".join(map(terminal, text.split("\n")))


def say(text: str, *, err: bool = False) -> None:
    """Print lines, made harmless, on stdout; with `err` on stderr."""
    click.echo(harmless(text), err=err)
