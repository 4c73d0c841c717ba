"""How a command ends that is not done."""


class RefusedError(Exception):
    """The command's reply carries this result and no more."""

    def __init__(self, result: int) -> None:
        super().__init__(result)
        self.result = result
