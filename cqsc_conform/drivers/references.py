"""Secrets by reference: ``env:NAME``, ``file:PATH``, ``prompt:LABEL``; never in the target file."""

import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from cqsc_conform.errors import KitError

__all__ = ["References"]

SECRET_CAP = 64 * 1024

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class References:
    """Reads what secret references name, each once.

    ``folder`` is that of the target file; ``prompt`` asks a person, None where nobody is there.
    """

    def __init__(
        self, folder: Path, environ: Mapping[str, str], prompt: Callable[[str], str] | None
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._prompt = prompt
        self._read: dict[str, str] = {}

    def read(self, reference: str, where: str) -> str:
        """Give the secret; ``where`` is the reference's place in the target file.

        :raises KitError: ``http.secret_reference`` (no reference, but perhaps the secret itself:
            it is not repeated), ``http.secret_env``, ``http.secret_file``,
            ``http.secret_file_mode``, ``http.secret_prompt``, ``http.secret_empty`` (you).
        """
        if reference not in self._read:
            self._read[reference] = self._find(reference, where)
        if not self._read[reference]:
            raise KitError("http.secret_empty", where=where, reference=reference)
        return self._read[reference]

    def _find(self, reference: str, where: str) -> str:
        kind, _, name = reference.partition(":")
        if kind == "env":
            if name not in self._environ:
                raise KitError("http.secret_env", where=where, name=name)
            return self._environ[name]
        if kind == "file":
            return _from_file(self._folder / name, where)
        if kind == "prompt":
            if self._prompt is None:
                raise KitError("http.secret_prompt", where=where, name=name)
            return self._prompt(name)
        raise KitError("http.secret_reference", where=where)


def _from_file(path: Path, where: str) -> str:
    try:
        with path.open("rb") as opened:
            mode = stat.S_IMODE(path.stat().st_mode)
            data = opened.read(SECRET_CAP + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError):
        raise KitError("http.secret_file", where=where, file=path) from None
    if len(data) > SECRET_CAP:
        raise KitError("http.secret_file", where=where, file=path)
    if mode & _OTHERS:
        raise KitError("http.secret_file_mode", where=where, file=path, mode=f"{mode:04o}")
    return text.rstrip("\r\n")
