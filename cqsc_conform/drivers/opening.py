"""One call from a target file to a driver that is ready to talk."""

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from cqsc_conform.drivers.ask import People, Terminal
from cqsc_conform.drivers.credentials import Keyring, Preset
from cqsc_conform.drivers.document import Documents
from cqsc_conform.drivers.http_driver import HttpDriver
from cqsc_conform.drivers.mqtt_broker import Brokers
from cqsc_conform.drivers.mqtt_capture import CaptureFile
from cqsc_conform.drivers.mqtt_mask import Mask
from cqsc_conform.drivers.mqtt_observer import MqttObserver
from cqsc_conform.drivers.mqtt_peer import MqttPeer
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.drivers.references import References
from cqsc_conform.drivers.tls_prober import TlsProber
from cqsc_conform.drivers.webhook import verifiers_of
from cqsc_conform.errors import KitError
from cqsc_conform.model.answers import Answer
from cqsc_conform.model.target import Target
from cqsc_conform.model.world import Clock, Entropy

__all__ = ["open_documents", "open_http", "open_mqtt", "open_people", "open_tls"]


class MqttDevices:
    """Watches devices: as their server, or as a subscriber of a broker."""

    def __init__(self, server: MqttPeer, observer: MqttObserver) -> None:
        self.peer = server.peer
        self.observe = observer.observe


Mqtt = MqttDevices | CaptureFile

_HERE = timezone(timedelta(hours=8))
"""北京时间: what a gateway means by a time without an offset, unless its target file says so."""

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")

_KEY_BYTES = 32


def open_http(
    target: Target,
    folder: Path,
    clock: Clock,
    entropy: Entropy,
    *,
    preset: Preset,
    prompt: Callable[[str], str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> HttpDriver:
    """Read a target's secrets and files, and make the driver for its HTTP endpoints.

    ``folder`` is where the target file is; ``preset`` gives signing presets by name;
    ``prompt`` asks a person for a secret, None where nobody is there.  Sends nothing.

    :raises KitError: ``http.…`` (you): a reference, file or URL of the target file is no good.
    """
    references = References(folder, environ, prompt)
    ring = Keyring(
        target.endpoints,
        references,
        folder,
        clock=clock,
        entropy=entropy,
        preset=preset,
        zone=_zone(target.timezone),
    )
    logins = {
        name: ring.login(name, identity)
        for name, identity in target.identities.items()
        if identity.supported
    }
    redactor = Redactor(ring.secrets, entropy.bytes(_KEY_BYTES), target.sensitive_fields)
    ring.issued = partial(redactor.learn, certain=True)
    return HttpDriver(
        target.endpoints,
        logins,
        target.limits,
        redactor,
        clock,
        entropy,
        target.authorization.rate,
        folder,
        verifiers_of(target.identities, references, preset),
    )


def open_tls(target: Target, folder: Path, clock: Clock, entropy: Entropy) -> TlsProber:
    """Make the driver for TLS handshakes with a target's endpoints.  Sends nothing.

    :raises KitError: ``http.…`` (you): a URL of the target file is no good.
    """
    return TlsProber(
        target.endpoints, target.limits, clock, entropy, target.authorization.rate, folder
    )


def open_mqtt(
    target: Target,
    folder: Path,
    clock: Clock,
    entropy: Entropy,
    redactor: Redactor,
    *,
    capture: Path | None = None,
    prompt: Callable[[str], str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Mqtt:
    """Make the driver that watches devices, or reads a recording in their place.

    ``redactor`` knows the target's secrets.  Nothing is listened to or connected to, and no file
    is opened, before a probe asks.
    """
    mask = Mask(redactor)
    if capture is not None:
        return CaptureFile(capture, clock, mask)
    references = References(folder, environ, prompt)
    brokers = Brokers(target.endpoints, target.identities, folder, references)
    return MqttDevices(
        MqttPeer(target.endpoints, folder, clock, mask),
        MqttObserver(brokers, clock, entropy, mask),
    )


def open_documents(target: Target, folder: Path, clock: Clock, redactor: Redactor) -> Documents:
    """Make the driver that reads the vendor's documents.  No file is opened before a probe asks."""
    return Documents(target.documents, folder, redactor, clock)


def open_people(
    answers: Mapping[str, Answer], terminal: Terminal | None, clock: Clock, redactor: Redactor
) -> People:
    """Make the driver that puts questions to people.  Nobody is asked before a probe asks."""
    return People(answers, terminal, redactor, clock)


def _zone(said: str | None) -> tzinfo:
    if said is None:
        return _HERE
    if said in ("Z", "UTC"):
        return UTC
    offset = _OFFSET.fullmatch(said)
    try:
        if offset is None:
            return ZoneInfo(said)
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-ahead if offset[1] == "-" else ahead)
    except (OSError, ValueError, KeyError):
        raise KitError("http.timezone", where="timezone", said=said) from None
