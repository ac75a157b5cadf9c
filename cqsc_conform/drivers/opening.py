"""One call from a target file to a driver that is ready to talk."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from cqsc_conform.drivers.credentials import Keyring, Preset
from cqsc_conform.drivers.http_driver import HttpDriver
from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.drivers.references import References
from cqsc_conform.model.target import Target
from cqsc_conform.model.world import Clock, Entropy

__all__ = ["open_http"]

_KEY_BYTES = 32


def open_http(  # noqa: PLR0913 - a driver is given the whole world it may touch
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
    ring = Keyring(
        target.endpoints,
        References(folder, environ, prompt),
        folder,
        clock=clock,
        entropy=entropy,
        preset=preset,
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
    )
