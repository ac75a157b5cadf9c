"""Files of the library and of the user, read under a bound."""

from pathlib import Path

from cqsc_conform.errors import KitError

__all__ = ["MAX_FILE_BYTES", "read_bounded"]

MAX_FILE_BYTES = 16 * 1024 * 1024


def read_bounded(path: Path, name: str, most: int = MAX_FILE_BYTES) -> bytes:
    """Read a file whole.

    :raises KitError: ``load.file_missing``, ``load.file_unreadable`` or ``load.file_size``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise KitError("load.file_missing", where=name) from None
    except (OSError, ValueError):
        raise KitError("load.file_unreadable", where=name) from None
    if len(data) > most:
        raise KitError("load.file_size", where=name, most=most)
    return data
