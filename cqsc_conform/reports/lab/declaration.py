"""The page of a conformity statement (符合性测试声明), and its badge."""

from xml.sax.saxutils import escape

from msgspec import Struct

from cqsc_conform.model.plan import Plan
from cqsc_conform.model.report import Report
from cqsc_conform.model.statement import DeclarationPredicate, ProfileClaim
from cqsc_conform.model.text import Lang
from cqsc_conform.model.trust import Verification
from cqsc_conform.reports.details import placed
from cqsc_conform.reports.lab.codes import code_of, declaration_payload
from cqsc_conform.reports.lab.laboratory import subject_fields
from cqsc_conform.reports.lab.paper import Banner, Block, Cell, Fields, Grid, Notes, Paper
from cqsc_conform.reports.lab.signatures import signature_grid
from cqsc_conform.reports.lab.words import Say
from cqsc_conform.reports.layout import width_of
from cqsc_conform.reports.safe import prose

__all__ = ["DeclarationGiven", "badge", "declaration"]

_BADGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="40" role="img" '
    'viewBox="0 0 {width} 40"><title>{title}</title>'
    '<rect width="{width}" height="40" rx="4" fill="{fill}"/>'
    '<rect x="{left}" y="2" width="{right}" height="36" rx="3" fill="#fff"/>'
    '<g font-family="Noto Sans CJK SC,Microsoft YaHei,PingFang SC,sans-serif">'
    '<text x="10" y="17" font-size="12" fill="#fff">{head}</text>'
    '<text x="10" y="32" font-size="11" fill="#fff">{word}</text>'
    '<text x="{inside}" y="17" font-size="12" fill="#1b1f24">{what}</text>'
    '<text x="{inside}" y="32" font-size="11" fill="#57606a">{number}</text></g></svg>\n'
)
_COLUMN, _MOST = 6.6, 60


class DeclarationGiven(Struct, frozen=True, kw_only=True):
    """What the page is made from: ``statement`` and ``manifest`` are SHA-256 in hex.

    ``standing`` tells whether no later statement in the bundle amends or recalls this one.
    """

    report: Report
    plan: Plan
    predicate: DeclarationPredicate
    statement: str
    manifest: str
    signed: Verification | None
    standing: bool = True


def declaration(given: DeclarationGiven, lang: Lang) -> Paper:
    """Write the page."""
    say, said = Say(lang), given.predicate
    blocks: list[Block] = [
        _banner(say, given),
        _facts(say, given),
        _profiles(say, said),
        code_of(
            say,
            declaration_payload(said.number, given.statement, given.manifest),
            say("code.declaration"),
            say("code.declaration_verify"),
        ),
        subject_fields(say, given.report),
        signature_grid(say, given.signed),
        Notes(say("statements"), _notes(say)),
    ]
    return Paper(
        kind="declaration",
        lang=lang,
        title=say("title.recall") if said.recalls else say("title.declaration"),
        subtitle=prose(said.target.name),
        number=say("numbered", number=said.number),
        running=say("running.declaration", at=say.moment(said.at)),
        page=say.page(),
        end=say("end"),
        blocks=tuple(blocks),
    )


def badge(given: DeclarationGiven, lang: Lang) -> bytes:
    """Draw the badge as SVG: what was tested against, and the number by which it is looked up."""
    say, said = Say(lang), given.predicate
    standing = given.standing and said.recalls is None
    head, word = say("badge.head"), say("badge.stands" if standing else "badge.gone")
    what = say.joined([_named(each) for each in said.profiles])[:_MOST]
    number = prose(said.number)
    left = round(20 + _COLUMN * max(width_of(head), width_of(word)))
    right = round(20 + _COLUMN * max(width_of(what), width_of(number)))
    drawn = _BADGE.format(
        width=left + right + 2,
        left=left,
        right=right,
        inside=left + 10,
        fill="#0b5cad" if standing else "#57606a",
        title=escape(f"{head} {word} {what} {number}"),
        head=escape(head),
        word=escape(word),
        what=escape(what),
        number=escape(number),
    )
    return drawn.encode()


def _named(each: ProfileClaim) -> str:
    return f"{placed(each.region, each.id)} {each.version} L{each.level}"


def _banner(say: Say, given: DeclarationGiven) -> Banner:
    said = given.predicate
    if said.recalls is not None:
        words = say("recalled_said", name=said.recalls.name, sha256=said.recalls.sha256,
                    reason=said.reason)  # fmt: skip
        return Banner(say("recalled"), words, "bad")
    if not given.standing:
        return Banner(say("not_standing"), say("not_standing_said"), "open")
    concluded = say.report(f"conclusion.{said.conclusion}")
    profiles = say.joined(
        [
            say("profile_level", profile=f"{placed(each.region, each.id)} {each.version}",
                level=each.level)
            for each in said.profiles
        ]
    )  # fmt: skip
    return Banner(
        say("declared", conclusion=concluded), say("declared_said", profiles=profiles), "good"
    )


def _facts(say: Say, given: DeclarationGiven) -> Fields:
    said = given.predicate
    rows = [
        say.field("declaration_number", said.number),
        say.field("declared_at", say.moment(said.at)),
        say.field("lab_urn", said.signer.lab),
        say.field("signed_by", said.signer.name),
        say.field("tested", say.span(said.started, said.ended)),
        say.field("target_digest", said.target_digest),
        say.field("job_digest", said.job_digest),
    ]
    if said.amends is not None:
        link = f"{said.amends.name} sha256:{said.amends.sha256}"
        rows += [say.field("amends", link), say.field("reason", said.reason)]
    return Fields(say("about"), tuple(rows))


def _profiles(say: Say, said: DeclarationPredicate) -> Grid:
    heads = ("profile", "level", "judged", "conclusion")
    return Grid(
        say("by_profile"),
        tuple(say(f"head.{each}") for each in heads),
        (12, 2, 2, 4),
        tuple(
            (
                Cell(placed(each.region, each.id) + f" {each.version}", small=each.digest),
                Cell(str(each.level)),
                Cell(f"{each.judged}/{each.total}"),
                Cell(say.report(f"conclusion.{each.conclusion}") if each.conclusion else "-"),
            )
            for each in said.profiles
        ),
    )


def _notes(say: Say) -> tuple[str, ...]:
    return (
        say("declaration_note"),
        say("validity_note"),
        say.report("items_only"),
        say.report("not_accredited"),
        say.report("own_proposal"),
    )
