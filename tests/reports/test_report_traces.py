"""What reports show of traces: cited packets among their neighbours, and the course drawn."""

import re

import hostile_words as hostile
import msgspec
import pytest
import trace_samples as traces
from hypothesis import given, settings
from hypothesis import strategies as st
from test_html_page import OBEYED, Page, whole

from cqsc_conform.errors import KitError
from cqsc_conform.formats.stream import FROM_DEVICE
from cqsc_conform.reports.formats import render
from cqsc_conform.reports.frames import AROUND, MOST_CITED, Frames
from cqsc_conform.reports.html import render_html
from cqsc_conform.reports.html.drawing import draw
from cqsc_conform.reports.lanes import BINS
from cqsc_conform.reports.packets import PAYLOAD
from cqsc_conform.reports.text import render as render_text

MARKS = "(?:M[0-9]+ [0-9]+(?:v[0-9]+|h\\.1))+"


def page(it: traces.Given, lang: str = "en") -> str:
    return render_html(it.report, it.evidence, lang, frames=it.frames).decode()  # type: ignore[arg-type]


def film(it: traces.Given) -> str:
    """The evidence of what must be mended."""
    said = page(it)
    return said[said.index('id="must_mend"') : said.index('id="not_judged"')]


def seen(it: traces.Given):
    found = it.frames.seen(traces.ID, it.trace)
    assert found is not None
    return found


def numbers(said: str) -> list[int]:
    return [int(each) for each in re.findall(r'class="frame">#(\d+)<', said)]


def test_a_cited_packet_stands_among_its_neighbours():
    said = film(traces.Given(traces.outage(), (10,)))
    assert numbers(said) == list(range(4, 17))
    cited = said[said.index('class="packet device pointed accused"') :]
    cited = cited[: cited.index("</li>")]
    assert "#10<" in cited
    assert "+4.000 s<small>03:04:09.000<" in cited
    assert "<b>PUBLISH</b> <code>cqsc/500103/d1/telemetry</code>" in cited
    for trait in ("QoS 1", "id 4", "connection 1"):
        assert trait in cited
    assert '<p class="why">' in cited
    assert "&#34;seq&#34;: 4,\n" in cited
    assert "3 frames left out" in said
    assert re.search(r"#3.*#20", said) is None


def test_a_frame_is_never_told_twice_and_the_reason_once():
    said = film(traces.Given(traces.outage(), (10, 12, 28)))
    assert numbers(said) == sorted(set(numbers(said)))
    assert said.count('<p class="why">') == 1
    assert said.count('<details class="evidence"') == 1
    assert "iot/trace.1 #10 #12 #28" in said


def test_a_passing_requirement_shows_fewer_neighbours():
    it = traces.Given(traces.outage(), (4,), (10,))
    said = page(it)
    rows = said[said.index('id="r1"') : said.index('id="r2"')]
    assert numbers(rows) == [9, 10, 11]
    assert "accused" not in rows


def test_neighbours_are_of_the_same_connection_where_many_are_open():
    it = traces.Given(traces.fleet(5, 20), (60,))
    found = seen(it)
    before, behind = found.around[60]
    assert len(before) == len(behind) == AROUND
    assert {found.lines[each].session for each in (*before, 60, *behind)} == {60 % 5 or 5}


def test_what_happened_is_told_in_words_in_both_languages():
    it = traces.Given(traces.outage(), (21,))
    said = page(it)
    for words in ("connection closed: cut by the kit", "连接关闭：被工具切断", "link cut",
                  "the will falls due", "client id d1", "0x00 accepted"):  # fmt: skip
        assert words in said


def test_a_malformed_packet_is_shown_in_bytes_with_the_rule_it_breaks():
    said = film(traces.Given(traces.outage(), (30,)))
    assert numbers(said)[-1] > 30
    assert '<pre class="text hex">000000  36 06 00 01 74 00 01 21' in said
    assert "no valid packet from byte 0 on: qos_3 (MQTT-3.3.1-4)" in said
    assert "qos_3: MQTT-3.3.1-4" in said


def test_the_course_is_drawn():
    it = traces.Given(traces.outage(), (10, 27))
    drawn = draw(seen(it), (10, 27))
    assert [each.kind for each in drawn.tracks] == ["connections", "topic", "topic", "bad"]
    assert len(drawn.tracks[0].bars) == 2
    assert [gap.words for gap in drawn.tracks[1].gaps] == ["12 s", "9 s"]
    assert drawn.tracks[1].live.count("M") == 9
    assert drawn.tracks[1].late.count("M") == 1
    assert [(each.x, each.width) for each in drawn.deeds] == [("30.00%", "33.33%")]
    assert [each.text for each in drawn.hits] == ["#10", "#27"]
    assert [each.text for each in drawn.axis] == ["0 s", "5 s", "10 s", "15 s", "20 s", "25 s",
                                                  "30 s"]  # fmt: skip
    assert [name for name, _ in drawn.legend] == ["live", "late", "gap", "open", "ended", "will",
                                                  "deed"]  # fmt: skip


def test_a_scaled_axis_tells_nominal_and_real_time():
    it = traces.Given(traces.outage(), (10,), scale=0.01)
    axis = draw(seen(it), (10,)).axis
    assert (axis[-1].text, axis[-1].real) == ("3000 s", "30 s")
    said = film(it)
    assert "a nominal second took 0.01 s" in said
    assert "+400.000 s<small>03:04:09.000<" in said


def test_a_drawing_is_bounded_whatever_the_stream_holds():
    frames = traces.fleet(12, 1)
    frames += [(20 + each, FROM_DEVICE, 1, traces.publish(f"t/{each % 40}", "{}"))
               for each in range(30_000)]  # fmt: skip
    for each in range(20, 400):
        frames += [traces.note(40_000 + each, each, "accepted"),
                   traces.note(40_001 + each, each, "closed", why="left")]  # fmt: skip
    it = traces.Given(sorted(frames, key=lambda each: each[0]), (500, 20_000), seconds=2.0)
    drawn = draw(seen(it), (500, 20_000))
    assert len(drawn.tracks) <= 10
    for track in drawn.tracks:
        assert track.live.count("M") + track.late.count("M") <= 4 * BINS
        assert len(track.bars) <= BINS
        assert len(track.gaps) <= 10
    assert len(seen(it).lines) <= 2 * (2 * AROUND + 1)
    said = film(it)
    for words in ("further topics", "spans of time are drawn", "more connections are not drawn",
                  "Later messages are not told apart"):  # fmt: skip
        assert words in said
    assert len(said) < 200_000


def test_a_long_payload_is_shown_up_to_its_bound():
    frames = traces.outage()
    frames[9] = (4 * traces.SECOND, FROM_DEVICE, 1, traces.publish(traces.TOPIC, "x" * 200_000, 4))
    it = traces.Given(frames, (10,))
    line = seen(it).lines[10]
    assert line.payload_size == 200_000
    assert line.size == len(frames[9][3])
    said = film(it)
    assert "x" * PAYLOAD in said
    assert "x" * (PAYLOAD + 1) not in said
    assert "only its beginning is shown" in said


def test_a_stream_is_read_once_for_all_formats_and_citations():
    it = traces.Given(traces.outage(), (10, 12), (4, 14))
    for name in ("html", "text", "markdown"):
        render(it.report, name, "zh", evidence=it.evidence, frames=it.frames)
    assert it.reads == 1


def test_a_report_keeps_no_more_frames_than_its_bound():
    it = traces.Given(traces.fleet(2, 3000), tuple(range(1, 5000)))
    assert len(seen(it).lines) <= MOST_CITED + 2 * AROUND * 2


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_lines_name_the_packet_its_time_and_topic(name):
    it = traces.Given(traces.outage(), (10,))
    told = render(it.report, name, "en", 400, evidence=it.evidence, frames=it.frames).decode()
    assert "+4.000 s, 03:04:09.000Z, PUBLISH cqsc/500103/d1/telemetry" in told.replace("\\", "")
    told = render_text(traces.Given(traces.outage(), (21,)).report, "en", 400).decode()
    assert "iot/trace.1#21" in told


def test_a_frame_that_is_not_there_is_no_trouble():
    it = traces.Given(traces.outage(), (10, 99_999))
    assert numbers(film(it)) == list(range(4, 17))
    it = traces.Given(traces.outage(), (99_999,))
    assert numbers(film(it)) == []
    whole(Page(page(it).encode()))


def test_without_its_stream_a_trace_shows_what_is_known_of_it():
    it = traces.Given(traces.outage(), (10,))
    it.frames = Frames(it.report, it.evidence, None)
    said = film(it)
    assert "MQTT watched for 30 s" in said
    assert "<svg" not in said


def test_a_torn_stream_is_said_to_be_changed():
    it = traces.Given(traces.outage(), (10,))
    it.data = it.data[:-3]
    with pytest.raises(KitError) as told:
        page(it)
    assert told.value.code == "bundle.stream_changed"


@pytest.mark.parametrize("planted", hostile.ALL.values(), ids=hostile.ALL)
def test_what_a_device_says_is_never_markup(planted):
    it = traces.hostile(planted)
    data = page(it, "zh").encode()
    whole(Page(data))
    assert not OBEYED.search(data.decode())
    for name in ("text", "markdown"):
        told = render(it.report, name, "en", evidence=it.evidence, frames=it.frames).decode()
        assert not OBEYED.search(told)


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_no_string_of_a_device_becomes_markup(planted):
    data = page(traces.hostile(planted)).encode()
    whole(Page(data))
    assert not OBEYED.search(data.decode())


def test_drawings_hold_numbers_alone():
    said = Page(page(traces.hostile(hostile.MARKUP)).encode())
    for tag in ("svg", "path", "line", "rect", "text"):
        for attributes in said.all(tag):
            for name, value in attributes.items():
                if name == "d":
                    assert re.fullmatch(f"{MARKS}|M11 2v10|M11 7h.1", value or "")
                elif name not in {"class", "preserveaspectratio", "aria-hidden", "text-anchor"}:
                    assert re.fullmatch(r"[0-9. ]+%?", value or ""), (tag, name, value)


def test_a_handshake_shows_offer_answer_and_chain():
    chain = (traces.certificate("reference"), b"\x00not DER")
    it = traces.Given(traces.outage(), ())
    report = traces.report(("tls/seen.1",))
    said = render_html(report, {"tls/seen.1": (traces.handshake(chain),)}, "en").decode()
    for words in ("TLS 1.2, TLS 1.3", "handshake_failure", "CN=reference", "a.example",
                  "2026-01-02 00:00:00 UTC – 2026-02-01 00:00:00 UTC", "EC 256", "SHA256",
                  "abcdef", "X.509 that cannot be read", "000000  00 6e 6f 74"):  # fmt: skip
        assert words in said, words
    assert it.reads == 0


def test_a_certificate_is_never_markup():
    planted = '"><script>alert(1)</script><img src=x>'
    report = traces.report(("tls/seen.1",))
    shaken = traces.handshake((traces.certificate(planted),), planted)
    data = render_html(report, {"tls/seen.1": (shaken,)}, "en")
    whole(Page(data))
    assert "&lt;script&gt;" in data.decode()


def test_many_requirements_that_cite_frames_stay_within_the_pages_bound():
    it = traces.Given(traces.fleet(3, 300), tuple(range(1, 900)))
    rows = tuple(
        msgspec.structs.replace(
            it.report.requirements[1], id=f"DI-{at:05d}", cites=(f"{traces.ID}#{1 + at}",)
        )
        for at in range(600)
    )
    report = msgspec.structs.replace(it.report, requirements=rows)
    limit = 400_000
    full = render_html(report, it.evidence, "en", frames=it.frames, evidence_limit=limit)
    bare = render_html(report, {}, "en")
    assert len(full) - len(bare) < limit + 80_000
    assert b"left out of this file" in full
