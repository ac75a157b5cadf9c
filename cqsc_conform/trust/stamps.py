"""Time stamps (RFC 3161) over the bytes of a statement's envelope, signatures included."""

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime

import requests
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from cqsc_conform.errors import Blame, KitError

__all__ = ["MAX_STAMP", "fetch_stamp", "read_stamp", "verify_stamp"]

MAX_STAMP = 65_536
_TYPE, _ANSWER = "application/timestamp-query", "application/timestamp-reply"
_PIECE = 8192


def fetch_stamp(url: str, data: bytes, seconds: float) -> bytes:
    """Ask a time-stamp authority for a stamp over bytes; gives its answer.

    :raises KitError: ``stamp.unreachable``, ``.refused``, and what ``read_stamp`` raises.
    """
    query = (
        TimestampRequestBuilder()
        .data(data)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                url,
                data=query.as_bytes(),
                headers={"Content-Type": _TYPE, "Accept": _ANSWER, "Accept-Encoding": "identity"},
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            )
            content = _bounded(answer, url)
        except requests.RequestException as error:
            raise KitError(
                "stamp.unreachable", Blame.NETWORK, where=url, why=type(error).__name__
            ) from error
    if answer.status_code != requests.codes.ok:
        raise KitError("stamp.refused", Blame.TARGET, where=url, status=answer.status_code)
    response = read_stamp(content, url)
    if query.nonce is not None and response.tst_info.nonce != query.nonce:
        raise KitError("stamp.refused", Blame.TARGET, where=url, status="nonce")
    return content


def _bounded(answer: requests.Response, url: str) -> bytes:
    content = b""
    for piece in answer.iter_content(_PIECE):
        content += piece
        if len(content) > MAX_STAMP:
            raise KitError("stamp.refused", Blame.TARGET, where=url, status="size")
    return content


def read_stamp(data: bytes, where: str) -> TimeStampResponse:
    """Read a time-stamp response that grants a token.

    :raises KitError: ``trust.stamp_form``.
    """
    try:
        if len(data) > MAX_STAMP:
            raise KitError("trust.stamp_form", Blame.YOU, where=where)
        response = decode_timestamp_response(data)
        # Reading these is what finds a response that grants nothing.
        _ = response.tst_info.gen_time, response.tst_info.message_imprint.message
    except (ValueError, TypeError) as error:
        raise KitError("trust.stamp_form", Blame.YOU, where=where) from error
    if response.as_bytes() != data:
        raise KitError("trust.stamp_form", Blame.YOU, where=where)
    return response


def verify_stamp(
    data: bytes, stamped: bytes, certificates: Sequence[x509.Certificate], where: str
) -> tuple[datetime, x509.Certificate]:
    """Verify a stamp over bytes under one of the listed roots of time-stamp authorities.

    Gives the moment it proves and the root under which it does.

    :raises KitError: ``trust.stamp_form``, ``trust.stamp_invalid``, ``trust.stamp_untrusted``.
    """
    response = read_stamp(data, where)
    if not certificates:
        raise KitError("trust.stamp_untrusted", Blame.YOU, where=where)
    for each in certificates:
        verifier = VerifierBuilder().add_root_certificate(each).build()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                verifier.verify_message(response, stamped)
        except (VerificationError, ValueError, TypeError, x509.InvalidVersion):
            continue
        return response.tst_info.gen_time.astimezone(UTC), each
    raise KitError("trust.stamp_invalid", Blame.YOU, where=where)
