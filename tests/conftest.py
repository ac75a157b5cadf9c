"""What the tests of several rooms share."""

import signal

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


# A suite that was started in the background inherits an ignored SIGINT and would hand it to the
# programs that its tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
