"""Why a command could not do its work."""


class CommandFailedError(Exception):
    """A command failed. The text is shown to the user as it is, and the exit code is 1."""
