"""The kinds of description that a target file can be guessed from."""

from collections.abc import Callable, Mapping
from typing import Final

from cqsc_conform.catalog.guess.curl import read_curl
from cqsc_conform.catalog.guess.openapi import read_openapi
from cqsc_conform.catalog.guess.postman import read_postman
from cqsc_conform.catalog.guess.shapes import Api

__all__ = ["SOURCES"]

SOURCES: Final[Mapping[str, Callable[[bytes, str], Api]]] = {
    "openapi": read_openapi,
    "postman": read_postman,
    "curl": read_curl,
}
"""Readers by kind: bytes and the file's name for messages to an ``Api``."""
