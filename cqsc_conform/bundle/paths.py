"""Names of files inside a bundle."""

from cqsc_conform.errors import Blame, KitError

__all__ = [
    "JOB",
    "MANIFEST",
    "MAX_FILES",
    "PLAN",
    "REPORT",
    "STATEMENTS",
    "VERDICTS",
    "VIEWS",
    "check_path",
]

JOB = "job.json"
MANIFEST = "manifest.json"
PLAN = "plan.json"
REPORT = "report.json"
VERDICTS = "verdicts.json"
STATEMENTS = "statements/"
# A page that repeats evidence lies beside the bundle, not in it: what is removed from a bundle
# is gone, and the page can be had again from what remains.
VIEWS = frozenset({"report.html"})
MAX_FILES = 65_000
_MAX_LENGTH = 240
_FORBIDDEN = frozenset('\\:*?"<>|')


def check_path(name: str) -> str:
    """Hold that a name stays inside the bundle and means one file on every system.

    :raises KitError: ``bundle.unsafe_path``.
    """
    parts = name.split("/")
    if (
        len(name) > _MAX_LENGTH
        or not name.isprintable()
        or _FORBIDDEN.intersection(name)
        or any(part in {"", ".", ".."} or part.endswith((".", " ")) for part in parts)
    ):
        raise KitError("bundle.unsafe_path", Blame.YOU, where=ascii(name[:_MAX_LENGTH]))
    return name
