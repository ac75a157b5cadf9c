"""What ``each`` and ``pick`` find outside a mapped body: validators, links, operations.  Pure."""

from collections.abc import Callable, Iterable
from urllib.parse import urljoin

from cqsc_conform.formats.http_fields import links
from cqsc_conform.formats.openapi import OpenApi
from cqsc_conform.formats.reading import Item, Reader
from cqsc_conform.model.evidence import Exchange
from cqsc_conform.model.operation import Operation

_NO_ETAG = '"cqsc-conform-0"'
_NO_TIME = "Thu, 01 Jan 1970 00:00:00 GMT"
_PLAIN = Operation()

Elsewhere = Callable[[Iterable[Exchange], Reader], list[Item]]


def validators(exchanges: Iterable[Exchange], reader: Reader) -> list[Item]:
    """Give an answer's ETag and Last-Modified; made-up ones where it has none.

    With a made-up one the request can be sent, and the check sees that none was given.
    """
    found = []
    for exchange in exchanges:
        reply = reader.reply(exchange)
        row = {
            "etag": reply.header("etag") or _NO_ETAG,
            "last_modified": reply.header("last-modified") or _NO_TIME,
        }
        found.append(Item(row, _PLAIN))
    return found


def declared(exchanges: Iterable[Exchange], reader: Reader) -> list[Item]:
    """Give the operations of OpenAPI documents that can be called without a change."""
    found = []
    for exchange in exchanges:
        api = OpenApi(reader.reply(exchange).json, exchange.request.target)
        for each in api.reachable():
            row = {
                "address": each.address,
                "method": each.operation.method,
                "path": each.operation.template,
            }
            found.append(Item(row, _PLAIN))
    return found


def next_link(exchanges: Iterable[Exchange], _: Reader) -> list[Item]:
    """Give the address that an answer's Link field leads on to, else its own."""
    found = []
    for exchange in exchanges:
        own = exchange.request.target
        told = (each for each in links(exchange.response.headers) if "next" in each.relations)
        link = next(told, None)
        try:
            address = own if link is None else urljoin(own, link.target)
        except ValueError:
            address = own
        found.append(Item({"address": address}, _PLAIN))
    return found


ELSEWHERE: dict[str, Elsewhere] = {
    "declared": declared,
    "next_link": next_link,
    "validators": validators,
}
"""Where to look, by the word that probes use."""
