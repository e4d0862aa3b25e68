"""The side that faces GitHub: what the workflows need beyond the command `reconciler`, one module a command.

`reconciler-github COMMAND`. It reads reports and settings, and talks to GitHub's API; it never talks to a
tenant. A job that has a token for GitHub has none for the tenants, and the other way round.
"""
