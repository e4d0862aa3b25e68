"""The sandbox's one exception."""


class SandboxRefusal(Exception):
    """The sandbox can't do what was asked. The message says what to do; at the command line it is a usage error."""
