"""The command line: the contract that people and other programs rely on."""


def main() -> None:
    """Run the command line and exit by its contract."""
    from cqsc_conform.cli.app import run

    run()
