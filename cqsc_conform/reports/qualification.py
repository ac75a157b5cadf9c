"""The record of a software confirmation as text and as one HTML file, with room to sign."""

from collections.abc import Iterator
from html import escape

from msgspec import Struct

from cqsc_conform.model.qualification import KillResult, Qualification
from cqsc_conform.model.text import LANGS, Lang
from cqsc_conform.reports.messages import Messages
from cqsc_conform.reports.safe import prose
from cqsc_conform.reports.sheet import Sheet

__all__ = ["qualification_html", "qualification_page"]

_ROLES = ("confirmed", "reviewed", "approved")
_LINE = "_" * 24


class _Part(Struct, frozen=True):
    """A part of the record: its heading and its lines, name and value."""

    heading: str
    lines: tuple[tuple[str, str], ...]


def qualification_page(record: Qualification, lang: Lang, width: int) -> Sheet:
    """Lay the record out for a console or a text file."""
    sheet = Sheet(lang, width)
    messages = sheet.messages
    sheet.put(messages.sentence("report.qualify.title"), style="bold")
    sheet.blank()
    style = "bold green" if record.qualified else "bold red"
    sheet.put(_result(record, messages), style=style)
    for part in _parts(record, messages):
        sheet.heading(part.heading)
        sheet.pairs(part.lines)
    sheet.heading(messages.sentence("report.qualify.signatures"))
    for role, date in _signatures(messages):
        sheet.put(f"{role}  {_LINE}  {date}  {_LINE[:12]}", indent=2)
        sheet.blank()
    sheet.put(sheet.of(record.disclaimer))
    return sheet


def qualification_html(record: Qualification) -> bytes:
    """Write the record as one HTML file in both languages; it loads nothing."""
    titles = [Messages(lang).sentence("report.qualify.title") for lang in LANGS]
    sections = "".join(_section(record, lang) for lang in LANGS)
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(' / '.join(titles))}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{sections}</body>\n</html>\n"
    ).encode()


def _section(record: Qualification, lang: Lang) -> str:
    messages = Messages(lang)
    out = [
        f'<section lang="{"zh-CN" if lang == "zh" else "en"}">\n',
        f"<h1>{escape(messages.sentence('report.qualify.title'))}</h1>\n",
        f'<p class="{"good" if record.qualified else "bad"}">{escape(_result(record, messages))}',
        "</p>\n",
    ]
    for part in _parts(record, messages):
        rows = "".join(
            f'<tr><th scope="row">{escape(prose(name))}</th><td>{escape(prose(value))}</td></tr>\n'
            for name, value in part.lines
        )
        out.append(f"<h2>{escape(part.heading)}</h2>\n<table>\n{rows}</table>\n")
    signed = "".join(
        f'<tr><th scope="row">{escape(role)}</th><td></td><th>{escape(date)}</th><td></td></tr>\n'
        for role, date in _signatures(messages)
    )
    heading = escape(messages.sentence("report.qualify.signatures"))
    out.append(f'<h2>{heading}</h2>\n<table class="sign">\n{signed}</table>\n')
    out.append(f'<p class="soft">{escape(record.disclaimer.of(lang))}</p>\n</section>\n')
    return "".join(out)


def _result(record: Qualification, messages: Messages) -> str:
    code = "qualified" if record.qualified else "not_qualified"
    return messages.sentence(f"report.qualify.{code}")


def _signatures(messages: Messages) -> Iterator[tuple[str, str]]:
    date = messages.sentence("report.qualify.date")
    for role in _ROLES:
        yield messages.sentence(f"report.qualify.{role}"), date


def _parts(record: Qualification, messages: Messages) -> Iterator[_Part]:
    def word(label: str, **args: str | int) -> str:
        return messages.sentence(f"report.qualify.{label}", dict(args))

    demo = record.demo
    conclusion = messages.sentence(f"report.conclusion.{demo.conclusion}")
    counts = word("demo_counts", judged=demo.judged, total=demo.total, passed=demo.passed)
    yield _Part(
        word("what"),
        (
            (word("kit"), f"{record.kit.name} {record.kit.version}"),
            (word("at"), record.at),
            (word("demo"), f"{conclusion}{messages.sentence('report.colon')}{counts}"),
            *(line for each in record.kill for line in _killed(each, messages)),
        ),
    )
    digests, machine = record.digests, record.machine
    yield _Part(
        word("software"),
        (
            (word("python"), record.python),
            ("OpenSSL", record.openssl),
            *((name, version or word("absent")) for name, version in record.libraries.items()),
            (word("library"), digests.library),
            (word("package"), digests.package),
            (word("wheel"), digests.wheel or word("checkout")),
        ),
    )
    named = (("host", machine.host), ("user", machine.user))
    yield _Part(
        word("machine"),
        (
            (word("system"), f"{machine.system} {machine.release} {machine.architecture}"),
            ("CPU", word("cpus", cpu=machine.cpu, number=machine.cpus)),
            (
                word("zone"),
                word("offset", zone=machine.time_zone, minutes=machine.utc_offset_minutes),
            ),
            (word("clock"), machine.clock),
            (word("resolution"), f"{machine.clock_resolution_seconds:g} s"),
            *((word(label), value) for label, value in named if value is not None),
        ),
    )


def _killed(each: KillResult, messages: Messages) -> Iterator[tuple[str, str]]:
    name = messages.sentence("report.qualify.kill", {"profile": each.profile})
    said = messages.sentence(
        "report.qualify.killed",
        {
            "version": each.version,
            "killed": each.killed,
            "mutants": each.mutants,
            "requirements": each.requirements,
            "here": each.run_here,
        },
    )
    yield name, said
    if each.faults:
        comma = messages.sentence("report.comma")
        yield messages.sentence("report.qualify.faults"), comma.join(each.faults)


_STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:52rem;
margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.5rem 0 .4rem}
section+section{margin-top:3rem;border-top:2px solid #888;padding-top:1rem;break-before:page}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top;
overflow-wrap:anywhere}
th{width:13rem;font-weight:600;background:#f4f4f4}
.sign th{width:8rem}.sign td{height:3rem}
.good,.bad{font-size:1.15rem;font-weight:700;border-left:.4rem solid;padding:.3rem .8rem}
.good{color:#0b6b2f}.bad{color:#a01414}.soft{color:#555}
"""
