"""Header fields, read strictly."""

from datetime import UTC, datetime

import pytest

from cqsc_conform.formats.http_fields import (
    directives,
    field,
    http_date,
    links,
    media_type,
    retry_after,
)
from cqsc_conform.model.evidence import Exchange, HttpRequest, HttpResponse


def exchange(**headers: str) -> Exchange:
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange(
        "p/s.1", "o", "api", "default", HttpRequest("GET", "/"), HttpResponse(429, headers=given),
        "2026-06-01T04:00:00.000Z", 1.0,
    )  # fmt: skip


def test_lines_of_one_field_are_one_list():
    assert field((("Allow", "GET"), ("ALLOW", " PUT")), "allow") == "GET, PUT"
    assert field((), "allow") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thu, 01 Jan 2026 08:00:00 GMT", datetime(2026, 1, 1, 8, tzinfo=UTC)),
        ("Thu, 1 Jan 2026 08:00:00 GMT", None),
        ("Thursday, 01-Jan-26 08:00:00 GMT", None),
        ("Thu, 32 Jan 2026 08:00:00 GMT", None),
        ("Thu, 01 Jan 2026 08:00:00 +0800", None),
        ("2026-01-01T08:00:00Z", None),
        ("", None),
    ],
)
def test_dates(text, found):
    assert http_date(text) == found


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "120"}, 120.0),
        ({"Retry_After": "0"}, 0.0),
        ({"Retry_After": "-1"}, None),
        ({"Retry_After": "1.5"}, None),
        ({"Retry_After": "٣"}, None),
        ({"Retry_After": "Mon, 01 Jun 2026 04:00:30 GMT"}, 30.0),
        ({"Retry_After": "Mon, 01 Jun 2026 03:00:30 GMT",
          "Date": "Mon, 01 Jun 2026 03:00:00 GMT"}, 30.0),
        ({"Retry_After": "Mon, 01 Jun 2020 03:00:30 GMT"}, 0.0),
        ({}, None),
    ],
)  # fmt: skip
def test_retry_after(headers, seconds):
    assert retry_after(exchange(**headers)) == seconds


@pytest.mark.parametrize(
    ("text", "name", "json"),
    [
        ("application/json", "application/json", True),
        ('Application/JSON; Charset="UTF-8"', "application/json", True),
        ("application/problem+json", "application/problem+json", True),
        ("text/json", "text/json", False),
        ("text/html", "text/html", False),
    ],
)
def test_media_types(text, name, json):
    found = media_type(text)
    assert found is not None
    assert (found.name, found.is_json) == (name, json)


@pytest.mark.parametrize("text", [None, "", "json", "/json", "application/"])
def test_what_is_no_media_type(text):
    assert media_type(text) is None


def test_parameters_of_a_media_type():
    found = media_type('application/json;charset=GBK; x="a;b"')
    assert found is not None
    assert found.parameters == {"charset": "GBK", "x": "a;b"}


def test_cache_control():
    assert directives('Private, max-age=60, no-cache="a"') == {
        "private": None, "max-age": "60", "no-cache": "a",
    }  # fmt: skip
    assert directives(None) == {}


def test_links():
    value = '<a?x=1,2>; title="p, q"; rel=next, <b>; REL="Prev first"; rel=next'
    assert [tuple(each) for each in links((("Link", value),))] == [
        ("a?x=1,2", ("next",)), ("b", ("prev", "first")),
    ]  # fmt: skip
    assert links((("Else", "<c>; rel=next"),)) == ()
