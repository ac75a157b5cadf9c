"""Who signed, in which role: as the verified statements say, and as missing where none does."""

from cqsc_conform.model.statement import Role
from cqsc_conform.model.trust import SignedBy, Verification
from cqsc_conform.reports.lab.paper import Cell, Grid
from cqsc_conform.reports.lab.words import Say
from cqsc_conform.reports.safe import prose

__all__ = ["signature_grid", "signed_in"]

_ROLES = (Role.CHECKER, Role.COMPILER, Role.REVIEWER, Role.AUTHORISER)


def signed_in(signed: Verification | None, role: Role) -> SignedBy | None:
    """Find who signed in a role."""
    if signed is None:
        return None
    return next((each for each in signed.statements if each.role is role), None)


def signature_grid(say: Say, signed: Verification | None) -> Grid:
    """List the roles with name, time and keyid; a checker is listed only if there was one."""
    rows = []
    for role in _ROLES:
        by = signed_in(signed, role)
        if by is not None:
            rows.append(
                (
                    Cell(say(f"role.{role.value}")),
                    Cell(prose(by.name)),
                    Cell(say.moment(by.at) or ""),
                    Cell(by.keyids[0], small=", ".join(each.value for each in by.algorithms)),
                )
            )
        elif role is not Role.CHECKER:
            empty = Cell("-", tone="faint")
            rows.append(
                (Cell(say(f"role.{role.value}")), Cell(say("unsigned"), tone="bad"), empty, empty)
            )
    heads = tuple(say(f"head.{each}") for each in ("role", "name", "at", "keyid"))
    lead = say("signed_lead") if signed is not None else say("unsigned_lead")
    return Grid(say("signatures"), heads, (2, 2, 5, 11), tuple(rows), lead)
