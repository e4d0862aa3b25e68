"""The command line: words, flags and exit codes, one file a command. The steps are in `journeys`."""
