"""Why a command could not do its work."""


class CommandFailedError(Exception):
    """Told to whoever gave the command, as it is; the exit code is 1."""
