"""QR codes of papers: what they hold, and their modules."""

import segno

from cqsc_conform.reports.lab.paper import Code
from cqsc_conform.reports.lab.words import Say
from cqsc_conform.reports.safe import bounded

__all__ = ["code_of", "declaration_payload", "opinion_payload", "report_payload", "svg_path"]

_QUIET, _LONGEST = 4, 64


def report_payload(number: str, manifest: str) -> str:
    """Write what a report's code holds: its number, and the SHA-256 of the bundle's manifest."""
    return f"cqsc-report/1 {bounded(number, _LONGEST) or '-'} manifest=sha256:{manifest}"


def declaration_payload(number: str, statement: str, manifest: str) -> str:
    """Write what a declaration's code holds: number, SHA-256 of its envelope and the manifest."""
    return (
        f"cqsc-declaration/1 {bounded(number, _LONGEST)} "
        f"statement=sha256:{statement} manifest=sha256:{manifest}"
    )


def opinion_payload(recognition: str, statement: str | None) -> str:
    """Write what an opinion's code holds: SHA-256 of recognition.json and of its statement."""
    signed = f"sha256:{statement}" if statement else "none"
    return f"cqsc-recognition/1 recognition=sha256:{recognition} statement={signed}"


def code_of(say: Say, payload: str, *lines: str) -> Code:
    """Set a payload as a QR code, error correction M."""
    # Bytes are UTF-8, which every reader takes for granted today.
    made = segno.make_qr(payload, error="m", encoding="utf-8", boost_error=False)
    modules = tuple("".join("1" if each else "0" for each in row) for row in made.matrix)
    return Code(say("code.title"), lines, payload, modules)


def svg_path(modules: tuple[str, ...]) -> tuple[int, str]:
    """Draw modules as an SVG path; gives the side of its view box, quiet zone included."""
    parts = []
    for y, row in enumerate(modules, _QUIET):
        at = 0
        while at < len(row):
            if row[at] == "0":
                at += 1
                continue
            end = row.find("0", at)
            end = len(row) if end < 0 else end
            parts.append(f"M{at + _QUIET} {y}h{end - at}v1h-{end - at}z")
            at = end
    return len(modules) + 2 * _QUIET, "".join(parts)
