"""The command line: the contract that people and other programs rely on."""

import sys

from cqsc_conform import __version__


def main() -> None:
    """Run the command line and exit by its contract."""
    # What scripts ask most often is answered before anything is imported.
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"cqsc-conform {__version__}\n")
        return
    from cqsc_conform.cli.app import run

    run()
