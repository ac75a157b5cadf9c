"""The whole zoo through the driver: what each hostile peer comes to, in time and in memory."""

import json
import sys
from pathlib import Path

import pytest

from helpers.measure import Measured, run_measured
from hostile.zoo import ZOO

WALK = Path(__file__).with_name("walk_zoo.py")
MEGABYTES = 200
GRACE_SECONDS = 3.0
"""What judging a full body costs after the deadline, on a busy machine."""

EXPECTED = {
    "200 cap": """
        gzip-bomb chunked-endless body-10gb body-until-close-endless
    """,
    "200 coding": """
        gzip-bomb-nested gzip-double gzip-many-codings gzip-bad-checksum gzip-trailing-garbage
        deflate-declared-gzip garbage-declared-gzip coding-declared-unknown echo-content-coding
        coding-unknown
    """,
    "200": """
        gzip-double-declared-once gzip-right gzip-undeclared echo-reason echo-header-value
        echo-header-name echo-header-name-bare echo-header-no-colon echo-set-cookie
        echo-media-type echo-trailer echo-chunk-extension echo-split-chunks echo-json-string
        echo-json-key echo-json-number echo-json-ids echo-cursor echo-json-escaped
        echo-json-in-json echo-url-encoded echo-url-encoded-fully echo-base64 echo-base64-shifted
        echo-base64url echo-hex echo-hex-upper echo-gzip echo-invalid-json echo-utf16
        echo-smuggled echo-request length-too-small length-same-twice length-and-chunked
        closed-between-requests closed-on-second-request smuggled-response no-reason
        header-without-colon header-folded header-bare-lf header-nul header-gbk body-on-head
        json-deep json-deep-objects json-wide json-exponent json-nan json-infinity
        json-leading-zero json-long-integer json-duplicate-keys json-invalid-utf8
        json-overlong-utf8 json-lone-surrogate json-raw-surrogate json-nul json-control json-bom
        json-utf16 json-gbk json-gbk-declared json-gbk-declared-utf8 json-charset-unknown
        json-truncated json-trailing json-trailing-comma json-comment json-single-quotes
        json-scalar json-string json-null json-array json-empty-object json-items-not-a-list
        json-items-mixed json-text-plain empty-200 blank-200 html-200 html-200-as-json
        no-media-type next-other-origin paging-endless cursor-endless cursor-loop cursor-same
        page-ignored page-alternates page-size-ignored pages-empty total-negative total-huge
        total-float total-string total-boolean total-missing terminal-escapes bidi markup formulas
        templates path-ids crlf-ids
    """,
    "200 short": """
        gzip-truncated echo-cut-off length-too-large chunked-unterminated resets-mid-body
    """,
    "http.garbage target": """
        echo-version echo-status echo-garbage http09 version-9.9 version-2.0-text
        version-other-protocol no-status status-99 status-1000 status-zero status-not-a-number
        status-negative status-other-digits garbage garbage-endless
    """,
    "200 length": """
        echo-length length-negative length-differing length-list length-not-a-number length-hex
        length-plus length-5000-digits
    """,
    "200 interim=1": """
        echo-early-hint
    """,
    "200 chunk": """
        echo-chunk-size chunked-extension-endless chunked-bad-size chunked-negative-size
        chunked-size-lies chunked-huge-size trailers-endless trailer-10mb
    """,
    "302": """
        echo-location redirect-loop redirect-endless redirect-file redirect-no-location
    """,
    "401": """
        echo-error
    """,
    "500": """
        echo-html terminal-escapes-bare
    """,
    "http.timeout target after 200 deadline": """
        length-too-large-stalls chunked-tiny-endless chunked-unterminated-stalls
        body-10gb-announced-only drips-body drips-chunks
    """,
    "600": """
        status-600
    """,
    "http.header_cap target": """
        status-line-endless headers-endless header-10mb headers-10000 cookie-flood
    """,
    "http.interim_flood target": """
        endless-100 endless-103
    """,
    "200 interim=3": """
        few-1xx
    """,
    "http.switched target": """
        switching-101
    """,
    "204": """
        body-on-204
    """,
    "304": """
        body-on-304
    """,
    "502": """
        html-502
    """,
    "403": """
        gbk-html-403
    """,
    "307": """
        redirect-other-origin
    """,
    "http.refused target": """
        refuses
    """,
    "http.closed target": """
        accepts-and-closes closes-after-request
    """,
    "http.reset target": """
        resets-before-request resets-after-request resets-mid-headers tls-resets
    """,
    "http.timeout target": """
        silent silent-unread drips-status-line drips-headers drips-before-request tls-silent
        tls-record-never-whole tls-drips-hello
    """,
    "http.tls_plain target": """
        plain-on-tls-port
    """,
    "http.speaks_tls target": """
        tls-on-plain-port
    """,
    "http.tls_broken target": """
        tls-garbage tls-record-too-long tls-empty-records tls-warning-flood
        tls-certificates-endless tls-hello-lies tls-half-alert
    """,
    "http.tls_protocol target": """
        tls-not-offered
    """,
    "http.tls_flood target": """
        tls-hello-request-flood
    """,
}
BY_NAME = {name: said for said, names in EXPECTED.items() for name in names.split()}


@pytest.fixture(scope="module")
def walked() -> Measured:
    return run_measured([sys.executable, str(WALK)], timeout=110)


@pytest.fixture(scope="module")
def lines(walked: Measured) -> dict[str, dict[str, object]]:
    assert walked.returncode == 0, walked.stderr.decode()
    return {line["name"]: line for line in map(json.loads, walked.stdout.splitlines())}


def test_every_peer_of_the_zoo_is_expected_here() -> None:
    assert BY_NAME.keys() == ZOO.keys()


@pytest.mark.parametrize("name", BY_NAME)
def test_a_hostile_peer_comes_to_what_it_is(name: str, lines: dict[str, dict[str, object]]) -> None:
    assert lines[name]["said"] == BY_NAME[name]


@pytest.mark.parametrize("name", BY_NAME)
def test_no_peer_outlives_its_deadline(name: str, lines: dict[str, dict[str, float]]) -> None:
    assert lines[name]["late"] < GRACE_SECONDS


def test_the_zoo_never_fills_memory(walked: Measured) -> None:
    assert walked.peak_rss_mb < MEGABYTES
