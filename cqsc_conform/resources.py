"""Where the kit's own data lie: beside the code in a wheel, at the top level in a checkout."""

from importlib import resources
from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_root() -> Path:
    """Name the folder that holds ``profiles`` and ``schemas``."""
    packed = _PACKAGE / "_data"
    return packed if packed.is_dir() else _PACKAGE.parent


def profiles_root() -> Path:
    """Name the folder of the profile library that ships with the kit."""
    return data_root() / "profiles"


def schemas_root() -> Path:
    """Name the folder of the contracts' JSON Schemas and of payload schemas."""
    return data_root() / "schemas"


def locales_root() -> Path:
    """Name the folder of the gettext catalogues, one file an area and language."""
    return _PACKAGE / "locales"


def page_file(name: str) -> str:
    """Read a template, style sheet or script of the HTML report."""
    return (resources.files(__package__) / "reports" / "html" / name).read_text("utf-8")


def paper_file(name: str) -> str:
    """Read a template or style sheet of the laboratory's papers."""
    return (resources.files(__package__) / "reports" / "lab" / name).read_text("utf-8")


def reference_targets_root() -> Path:
    """Name the folder of the references' own target files."""
    return _PACKAGE / "reference" / "targets"


def verifier_file() -> bytes:
    """Put the verifier together that is one file: its own part, and the one that verifies SM2."""
    folder = _PACKAGE / "trust"
    whole = (folder / "verify_one_file.py").read_text("utf-8")
    part = (folder / "verify_one_file_sm2.py").read_text("utf-8")
    _, _, body = part.partition("import hashes\n")
    line = "from cqsc_conform.trust.verify_one_file_sm2 import sm2_verifies\n"
    return whole.replace(line, body.strip("\n") + "\n").encode()
