"""What the well-framed peers say: content codings, bodies, words, paging, redirects."""

import gzip
import json
import re
import zlib

import pytest

from hostile.catalogue import ORDINARY
from hostile.client import ask
from hostile.peer import hostile_peer, hostile_zoo, requests_in
from hostile.zoo import ZOO

GZIP = rb"Content-Encoding: gzip\r\n"

# name: what the head looks like, what the body looks like
CODED: dict[str, tuple[bytes, bytes]] = {
    "gzip-undeclared": (rb"^(?!.*Content-Encoding)", rb"^\x1f\x8b"),
    "coding-declared-unknown": (rb"Content-Encoding: sealed", rb"^\{.*\}$"),
    "gzip-many-codings": (rb"Content-Encoding: gzip(, gzip){199}$", rb"^\{.*\}$"),
    "garbage-declared-gzip": (rb"Content-Encoding: gzip$", rb"^\x00.{4096}$"),
}

JSON: dict[str, bytes] = {
    "json-deep": rb'"title": \[{1000000}\]{1000000}',
    "json-deep-objects": rb'^(\{"a":){1000000}$',
    "json-wide": rb'"title": \{("k\d+":0,?){300000}\}',
    "json-exponent": rb'^\{"total": 1e4000000,',
    "json-nan": rb'^\{"total": NaN,',
    "json-infinity": rb'^\{"total": -Infinity,',
    "json-leading-zero": rb'^\{"total": 007,',
    "json-long-integer": rb'^\{"total": 9{5000},',
    "json-duplicate-keys": rb'^\{"total":1,"total":2,"items":\[\],"items":\[\{',
    "json-invalid-utf8": rb'"title": "\xc3\x28\xff"',
    "json-overlong-utf8": rb'"title": "a\xc0\xafb"',
    "json-lone-surrogate": rb'"title": "\\ud800"',
    "json-raw-surrogate": rb'"title": "\xed\xa0\x80"',
    "json-nul": rb'"title": "a\\u0000b"',
    "json-control": rb'"title": "a\x01\nb"',
    "json-bom": rb"^\xef\xbb\xbf\{.*\}$",
    "json-utf16": rb"^\xff\xfe\{\x00",
    "json-gbk": rb'"title": "\xca\xd4\xd1\xe9',
    "json-gbk-declared": rb'"title": "\xca\xd4\xd1\xe9',
    "json-gbk-declared-utf8": rb'"title": "\xca\xd4\xd1\xe9',
    "json-charset-unknown": rb"^\{.*\}$",
    "json-truncated": rb"^\{[^}]*$",
    "json-trailing": rb'\]\}\{"more":1\}$',
    "json-trailing-comma": rb'"title": \["a",\]',
    "json-comment": rb"^/\* catalogue \*/\{",
    "json-single-quotes": rb"^\{'total': 1,",
    "json-scalar": rb"^42$",
    "json-string": rb'^"ok"$',
    "json-null": rb"^null$",
    "json-array": rb"^\[\{.*\}\]$",
    "json-empty-object": rb"^\{\}$",
    "json-items-not-a-list": rb'"items": \{\}',
    "json-items-mixed": rb'"items": \[1, null, "a", \[\], \{\}\]',
    "json-text-plain": rb"^\{.*\}$",
    "empty-200": rb"^$",
    "blank-200": rb"^ \r\n\t $",
    "html-200": rb"^<!DOCTYPE html>",
    "html-200-as-json": rb"^<!DOCTYPE html>",
    "html-502": rb"^<!DOCTYPE html>",
    "gbk-html-403": rb"^\xc4\xbf\xc2\xbc",
    "no-media-type": rb"^\{.*\}$",
}
HEADS: dict[str, bytes] = {
    "json-gbk": rb"application/json\r\n",
    "json-gbk-declared": rb"application/json; charset=GBK\r\n",
    "json-gbk-declared-utf8": rb"application/json; charset=utf-8\r\n",
    "json-charset-unknown": rb"charset=x-sealed",
    "json-text-plain": rb"Content-Type: text/plain",
    "html-200": rb"^HTTP/1\.1 200 OK\r\nContent-Type: text/html",
    "html-200-as-json": rb"Content-Type: application/json",
    "html-502": rb"^HTTP/1\.1 502 Bad Gateway\r\n",
    "gbk-html-403": rb"^HTTP/1\.1 403 Forbidden\r\n",
    "no-media-type": rb"^(?!.*Content-Type)",
}

WORDS: dict[str, bytes] = {
    "terminal-escapes": rb"^HTTP/1\.1 200 \x1b\[2J.*X-Escape: \x1b.*\\u001b\[2J",
    "terminal-escapes-bare": rb"^HTTP/1\.1 500 \x1b\[31m.*\r\n\r\n\x1b\[2J.*\x9b2J\xc2\x9b2J$",
    "bidi": rb"^HTTP/1\.1 200 \xe2\x80\xae.*X-Bidi: \xe2\x80\xae.*\"title\": \"\xe2\x80\xae",
    "markup": rb"^HTTP/1\.1 200 </script>.*X-Markup: </script>.*\"title\": \"</script>",
    "formulas": rb"\"title\": \"=cmd\|.*\"\+1\+1\".*\"-2\+3\".*\"@SUM.*\"\\t=1\+1\".*\"\\r=1",
    "templates": rb"\{\{7\*7\}\}.*__class__.*%s%n.*jndi.*\[bold\]",
    "path-ids": rb'"id": "\.\./\.\./.*"id": "/etc/passwd".*"id": "a\\u0000b".*"id": ""',
    "crlf-ids": rb'"id": "x HTTP/1\.1\\r\\nX-Injected: yes\\r\\n\\r\\nGET /other"',
}

# Proved below, one by one.
UNFOLDED = {
    "gzip-bomb",
    "gzip-bomb-nested",
    "gzip-double",
    "gzip-double-declared-once",
    "gzip-right",
    "gzip-truncated",
    "gzip-bad-checksum",
    "gzip-trailing-garbage",
    "deflate-declared-gzip",
}
STEPS = {
    "redirect-loop",
    "redirect-endless",
    "redirect-other-origin",
    "redirect-file",
    "redirect-no-location",
    "next-other-origin",
    "paging-endless",
    "cursor-endless",
    "cursor-loop",
    "cursor-same",
    "page-ignored",
    "page-alternates",
    "page-size-ignored",
    "pages-empty",
}
TOTALS: dict[str, object] = {
    "total-negative": -1,
    "total-huge": 10**18,
    "total-float": 5.5,
    "total-string": "5",
    "total-boolean": True,
    "total-missing": None,
}


def get(url: str, target: str) -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target.encode(), url[7:].encode())


def page(url: str, target: str) -> dict:
    return json.loads(ask(url, get(url, target), limit=5_000_000).body)


def ids(answer: dict) -> list[str]:
    return [item["id"] for item in answer["items"]]


@pytest.mark.parametrize("name", CODED)
def test_declares_one_coding_and_sends_another(zoo, name):
    heard = ask(zoo[name].url)
    head, body = CODED[name]
    assert re.search(head, heard.head, re.DOTALL)
    assert re.search(body, heard.body, re.DOTALL)


@pytest.mark.parametrize("name", JSON)
def test_sends_this_body_in_a_right_frame(zoo, name):
    heard = ask(zoo[name].url, limit=20_000_000)
    announced = int(re.search(rb"Content-Length: (\d+)", heard.head)[1])
    assert len(heard.body) == announced
    assert re.search(JSON[name], heard.body, re.DOTALL)
    assert re.search(HEADS.get(name, rb"^HTTP/1\.1 200 OK\r\n"), heard.data, re.DOTALL)


@pytest.mark.parametrize("name", WORDS)
def test_sends_these_words(zoo, name):
    heard = ask(zoo[name].url)
    assert re.search(WORDS[name], heard.data, re.DOTALL)


def test_every_behaviour_of_content_has_its_proof_here():
    families = {"coding", "payload", "words", "sequence"}
    assert {*CODED, *JSON, *WORDS, *UNFOLDED, *STEPS, *TOTALS} == {
        name for name, entry in ZOO.items() if entry.family in families
    }


def test_a_bomb_of_400_kb_unfolds_to_400_mb(zoo):
    heard = ask(zoo["gzip-bomb"].url)
    inner = unchunked(heard.body)
    assert b"Content-Encoding: gzip" in heard.head
    assert len(heard.body) < 500_000
    assert unfolded(inner) == 400_000_000


def test_a_nested_bomb_is_a_few_kilobytes(zoo):
    heard = ask(zoo["gzip-bomb-nested"].url)
    assert b"Content-Encoding: gzip, gzip" in heard.head
    assert len(heard.body) < 20_000
    assert unfolded(gzip.decompress(heard.body)) == 400_000_000


def unchunked(body: bytes) -> bytes:
    data = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        data, body = data + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return data


def unfolded(data: bytes) -> int:
    unfold, size = zlib.decompressobj(31), 0
    while data and not unfold.eof:
        size += len(unfold.decompress(data, 1_000_000))
        data = unfold.unconsumed_tail
    return size + len(unfold.flush())


def test_codings_unfold_as_often_as_applied(zoo):
    once = ask(zoo["gzip-right"].url)
    twice = ask(zoo["gzip-double"].url)
    hidden = ask(zoo["gzip-double-declared-once"].url)
    trailing = ask(zoo["gzip-trailing-garbage"].url)
    assert gzip.decompress(once.body) == ORDINARY
    assert gzip.decompress(gzip.decompress(twice.body)) == ORDINARY
    assert gzip.decompress(gzip.decompress(hidden.body)) == ORDINARY
    assert b"gzip, gzip" in twice.head
    assert b"gzip, gzip" not in hidden.head
    assert trailing.body == once.body + b"trailing"
    assert zlib.decompress(ask(zoo["deflate-declared-gzip"].url).body) == ORDINARY


@pytest.mark.parametrize("name", ["gzip-truncated", "gzip-bad-checksum", "deflate-declared-gzip"])
def test_what_is_declared_gzip_does_not_unfold(zoo, name):
    heard = ask(zoo[name].url)
    assert heard.head.endswith(b"Content-Encoding: gzip")
    with pytest.raises((EOFError, gzip.BadGzipFile, zlib.error)):
        gzip.decompress(heard.body)


def test_pages_never_end(zoo):
    url = zoo["paging-endless"].url
    pages = [ids(page(url, f"/catalog/entries?page={n}")) for n in (1, 2, 40_000)]
    assert [len(set(found)) for found in pages] == [20, 20, 20]
    assert len({name for found in pages for name in found}) == 60


def test_cursors_never_end_or_go_round(zoo):
    fresh, ring = zoo["cursor-endless"].url, zoo["cursor-loop"].url
    cursor, seen = page(fresh, "/catalog/entries")["next"], set()
    for _ in range(10):
        seen.add(cursor)
        cursor = page(fresh, f"/catalog/entries?cursor={cursor}")["next"]
    assert len(seen) == 10
    went = [page(ring, f"/e?cursor={c}")["next"] for c in ("c0", "c1", "c2")]
    assert went == ["c1", "c2", "c0"]
    same = zoo["cursor-same"].url
    assert page(same, "/e?cursor=c1")["next"] == "c1"


def test_pages_are_not_what_was_asked(zoo):
    first, *rest = [ids(page(zoo["page-ignored"].url, f"/e?page={n}")) for n in (1, 2, 3)]
    assert rest == [first, first]
    turns = [ids(page(zoo["page-alternates"].url, f"/e?page={n}")) for n in (1, 2, 3, 4)]
    assert turns[0] == turns[2] != turns[1] == turns[3]
    assert len(page(zoo["page-size-ignored"].url, "/e?page=1&page_size=5")["items"]) == 5000
    empty = page(zoo["pages-empty"].url, "/e?page=1")
    assert (empty["total"], empty["items"]) == (100, [])


@pytest.mark.parametrize(("name", "total"), TOTALS.items())
def test_totals_are_not_the_number_of_entries(zoo, name, total):
    answer = page(zoo[name].url, "/catalog/entries?page=1")
    assert answer["total"] is total or answer["total"] == total
    assert len(answer["items"]) == 5
    assert page(zoo[name].url, "/catalog/entries?page=2")["items"] == []


def test_redirects_lead_round_on_and_away(zoo):
    loop, on, away = (zoo[f"redirect-{kind}"] for kind in ("loop", "endless", "other-origin"))
    assert f"Location: {loop.url}/a\r\n".encode() in ask(loop.url, get(loop.url, "/a")).data
    assert f"Location: {on.url}/a/a\r\n".encode() in ask(on.url, get(on.url, "/a")).data
    assert f"Location: {away.other}/stolen\r\n".encode() in ask(away.url, get(away.url, "/")).data
    assert ask(away.other, get(away.other, "/stolen")).data.startswith(b"HTTP/1.1 200 OK")
    assert b"Location: file:///etc/passwd\r\n" in ask(zoo["redirect-file"].url).data
    lost = ask(zoo["redirect-no-location"].url)
    assert lost.data.startswith(b"HTTP/1.1 302")
    assert b"Location" not in lost.head
    strayed = zoo["next-other-origin"]
    assert page(strayed.url, "/catalog/entries")["next"].startswith(strayed.other)


def test_a_well_framed_answer_keeps_the_connection(zoo):
    request = get(zoo["json-nan"].url, "/catalog/entries")
    assert ask(zoo["json-nan"].url, request * 3).data.count(b"HTTP/1.1 200 OK") == 3


def test_the_log_shows_every_request_and_its_headers(tmp_path):
    log = tmp_path / "log.ndjson"
    with hostile_zoo("redirect-other-origin", log=log) as peers:
        peer = peers["redirect-other-origin"]
        ask(peer.url, b"GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n\r\n")
        ask(peer.other, get(peer.other, "/stolen"))
    first, second = requests_in(log)
    assert (first["side"], first["target"]) == ("here", "/a")
    assert ["Authorization", "Bearer t"] in first["headers"]
    assert (second["side"], second["target"]) == ("other", "/stolen")


def test_a_peer_stops_with_its_block():
    with hostile_peer("json-null") as url:
        assert ask(url).end == "closed"
    assert ask(url).end == "refused"
