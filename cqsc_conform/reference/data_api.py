"""Records and a catalogue in one conforming API: core, exchange and catalogue at one address."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cqsc_conform.reference import catalog_api
from cqsc_conform.reference.core_api import PLACES, QUOTA, QUOTA_SECONDS, Api
from cqsc_conform.reference.core_store import Kept, Quota, Store, wall_clock
from cqsc_conform.reference.data_answers import DataAnswers, Ticking
from cqsc_conform.reference.data_document import STATUSES, data_document
from cqsc_conform.reference.exchange_data import BEIJING, WORDS_A, make_records
from cqsc_conform.reference.exchange_store import Gone
from cqsc_conform.reference.mutants.core import mutant_of

DEFAULT_SIZE = 60
DEFAULT_TOKEN = catalog_api.DEFAULT_TOKEN
# The order matters: /records/{id} would take the others for ids.
_PLACES = {
    "/records/changes": "changes",
    "/records/export": "export",
    "/records/schema": "schema",
} | PLACES


def make_app(
    seed: int,
    now: datetime,
    size: int,
    token: str = DEFAULT_TOKEN,
    *,
    clock: Callable[[], datetime] = wall_clock,
) -> Starlette:
    """Make the application; it keeps nothing outside itself.

    `now` carries an offset; times of the data that it begins with are before it.
    """
    store = _store(seed, now, size, Ticking(clock))
    gone = (Gone(f"f{0:015x}", (now - timedelta(days=4)).astimezone(BEIJING).isoformat()),)
    seal = hashlib.sha256(f"seal {seed}".encode()).digest()
    document = data_document(store.ids()[0])
    answers = DataAnswers(seal, gone)
    api = Api(store, mutant_of(None), token, document, _PLACES, answers.answer)
    catalogue = catalog_api.make_app(None, seed, now, catalog_api.DEFAULT_SIZE, token)

    async def refused(request: Request, _: Exception) -> Response:
        return await api.serve(request)

    return Starlette(
        routes=[*api.routes(), *catalogue.routes], exception_handlers={HTTPException: refused}
    )


def _store(seed: int, now: datetime, size: int, clock: Callable[[], datetime]) -> Store:
    """Make records as they are exchanged; what is created later has an id before all others."""
    numbers = iter(range(1, 10**9))
    records = make_records(seed, now, size, replace(WORDS_A, states=STATUSES))
    kept = {
        each["id"]: Kept(each, datetime.fromisoformat(each["updated"]).astimezone(UTC))
        for each in records
    }
    return Store(kept, lambda: f"0{next(numbers):015x}", clock, Quota(QUOTA, QUOTA_SECONDS))
