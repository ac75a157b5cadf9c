"""A broker that is there already: where it is, as whom to come, and a connection in time."""

import asyncio
import os
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from cqsc_conform.drivers.net import Address, resolve
from cqsc_conform.drivers.references import References
from cqsc_conform.drivers.tls import Files, context_of
from cqsc_conform.errors import Blame, ProbeFailed
from cqsc_conform.model.target import Basic, Endpoint, Identity, Mutual

__all__ = ["BROKER_PORTS", "Account", "Broker", "Brokers", "dial"]

BROKER_PORTS = {"mqtt": 1883, "mqtts": 8883}

P = TypeVar("P", bound=asyncio.BaseProtocol)


class Account(Struct, frozen=True):
    """Who comes to a broker: user name and password, own certificate, or neither."""

    name: str
    user: str | None = None
    password: str | None = None
    certificate: Path | None = None
    key: Path | None = None


class Broker(Struct, frozen=True):
    """A broker to connect to, as somebody."""

    host: str
    port: int
    addresses: tuple[Address, ...]
    account: Account
    secure: ssl.SSLContext | None
    server_name: str


class Brokers:
    """Finds the brokers of a target file; ``folder`` is where that file is.

    Secrets are read when somebody first comes as who they belong to.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        identities: Mapping[str, Identity],
        folder: Path,
        references: References,
    ) -> None:
        self._endpoints = dict(endpoints)
        self._identities = dict(identities)
        self._folder = folder
        self._references = references

    def find(self, name: str, identity: str, seconds: float) -> Broker:
        """Give a broker, its name looked up.

        :raises ProbeFailed: ``mqtt.endpoint``, ``mqtt.identity`` (you), ``mqtt.broker_name``
            (network).
        :raises KitError: a secret or file of the target file is no good.
        """
        endpoint = self._endpoints.get(name)
        split = None if endpoint is None else urlsplit(endpoint.url)
        if endpoint is None or split is None or split.scheme not in BROKER_PORTS:
            raise ProbeFailed("mqtt.endpoint", Blame.YOU, endpoint=name)
        host, port = split.hostname or "127.0.0.1", split.port or BROKER_PORTS[split.scheme]
        account = self._account(identity)
        try:
            addresses = resolve(host, port, seconds)
        except ProbeFailed:
            raise ProbeFailed("mqtt.broker_name", Blame.NETWORK, host=host) from None
        return Broker(
            host=host,
            port=port,
            addresses=addresses,
            account=account,
            secure=self._tls(name, endpoint, account) if split.scheme == "mqtts" else None,
            server_name=endpoint.server_name or host,
        )

    def _account(self, name: str) -> Account:
        identity = self._identities.get(name)
        if identity is None and name in ("default", "anonymous"):
            return Account(name)
        if identity is None or not identity.supported:
            raise ProbeFailed("mqtt.identity", Blame.YOU, identity=name)
        use = identity.use
        if isinstance(use, Basic):
            where = f"identities.{name}.use.password"
            return Account(name, use.username, self._references.read(use.password, where))
        if isinstance(use, Mutual):
            certificate, key = self._folder / use.certificate, self._folder / use.key
            return Account(name, certificate=certificate, key=key)
        return Account(name)

    def _tls(self, name: str, endpoint: Endpoint, account: Account) -> ssl.SSLContext:
        def file(said: str | None) -> Path | None:
            return None if said is None else self._folder / said

        own = account.certificate is not None
        context = context_of(
            Files(
                where=f"identities.{account.name}.use" if own else f"endpoints.{name}",
                ca=file(endpoint.ca),
                certificate=account.certificate or file(endpoint.client_certificate),
                key=account.key if own else file(endpoint.client_key),
            )
        )
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


async def dial(
    broker: Broker, protocol: Callable[[], P], seconds: float
) -> tuple[asyncio.WriteTransport, P]:
    """Connect within ``seconds``, TLS included.

    :raises ProbeFailed: ``mqtt.broker_unreachable``, ``mqtt.broker_silent``, ``mqtt.broker_tls``
        (network), ``mqtt.broker_untrusted`` (you).
    """
    place = {"host": broker.host, "port": broker.port}
    loop = asyncio.get_running_loop()
    last: OSError | None = None
    try:
        async with asyncio.timeout(seconds):
            for _, (host, port) in broker.addresses:
                try:
                    return await loop.create_connection(
                        protocol,
                        host,
                        port,
                        ssl=broker.secure,
                        server_hostname=broker.server_name if broker.secure else None,
                        ssl_handshake_timeout=seconds if broker.secure else None,
                    )
                except OSError as error:
                    if isinstance(error, ssl.SSLError | TimeoutError):
                        raise
                    last = error
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        raise ProbeFailed("mqtt.broker_untrusted", Blame.YOU, error=why, **place) from None
    except ssl.SSLError as error:
        why = error.reason or type(error).__name__
        raise ProbeFailed("mqtt.broker_tls", Blame.NETWORK, error=why, **place) from None
    except TimeoutError:
        said = round(seconds, 3)
        raise ProbeFailed("mqtt.broker_silent", Blame.NETWORK, seconds=said, **place) from None
    if broker.secure and isinstance(last, ConnectionResetError | ConnectionAbortedError):
        raise ProbeFailed("mqtt.broker_tls", Blame.NETWORK, error="closed", **place)
    # What asyncio says of a refusal repeats the address.
    why = os.strerror(last.errno) if last and last.errno else type(last).__name__
    raise ProbeFailed("mqtt.broker_unreachable", Blame.NETWORK, error=why, **place)
