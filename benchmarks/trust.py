"""Flips of every byte of a small signed bundle, and verifying a bundle of 1,000 requirements.

``python benchmarks/trust.py`` prints how many flips went unnoticed (none may) and seconds.
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import msgspec  # noqa: E402 - found through the line above

from cqsc_conform.bundle.open import open_bundle  # noqa: E402
from cqsc_conform.bundle.seal import seal  # noqa: E402
from cqsc_conform.cli.references import running_api, write_target  # noqa: E402
from cqsc_conform.cli.running import choices_of, prepare, run_one  # noqa: E402
from cqsc_conform.cli.verifying import judged_again  # noqa: E402
from cqsc_conform.errors import KitError  # noqa: E402
from cqsc_conform.model.codec import encode_readable  # noqa: E402
from cqsc_conform.cli.finish import report_of  # noqa: E402
from cqsc_conform.engine.plan import plan_digest  # noqa: E402
from cqsc_conform.trust.verify import verify_bundle  # noqa: E402
from trust.make import NOW, Lab, signed_bundle  # noqa: E402


def flips(archive: Path) -> tuple[int, int, float]:
    """Flip each byte in turn; gives how many there are, how many went unnoticed, seconds."""
    whole = archive.read_bytes()
    unnoticed, start = 0, time.perf_counter()
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        archive.write_bytes(flipped)
        try:
            with open_bundle(archive) as bundle:
                verify_bundle(bundle, now=NOW, judging=judged_again)
            unnoticed += 1
        except KitError:
            continue
    archive.write_bytes(whole)
    return len(whole), unnoticed, time.perf_counter() - start


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = signed_bundle(folder / "small", Lab())
        count, unnoticed, seconds = flips(archive)
        print(f"flips: {count}, unnoticed: {unnoticed}, {seconds:.1f} s")


if __name__ == "__main__":
    main()
