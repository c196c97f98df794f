"""What can go wrong with a cell, in the kernel's tree of errors."""

from aurarouter_hooks import AuraRouterError


class GridError(AuraRouterError):
    """Something about the cell."""


class CellUnavailableError(GridError):
    """The cell can't be reached, or has no majority to answer with."""


class CellBusyError(GridError):
    """The cell takes no more events for now.

    Args:
        retry_after: Seconds after which trying again makes sense.
    """

    def __init__(self, message: str, *, retry_after: float = 1.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class EventRefusedError(GridError):
    """An event is not what it should be; sending it again changes nothing."""


class SealedError(GridError):
    """What is sealed was meant for somebody else."""


class NameTakenError(GridError):
    """Another node of the cell has the name."""


class NodeThereError(GridError):
    """This machine's user runs a node already."""


class ChangedMeanwhileError(GridError):
    """Somebody else was faster; what was wanted would have undone their work."""


class CallFailedError(GridError):
    """A node answered a call with something else than a result.

    Args:
        code: The name of the gRPC status.
    """

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class StorageFullError(GridError):
    """The cell has no room for more model files."""


class StorageDamagedError(GridError):
    """What the cell keeps of a file is not what was pushed."""
