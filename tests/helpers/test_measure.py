"""The watch measures what it says."""

import sys

from helpers.measure import run_measured

ONE_GROWN = "x = bytearray(300_000_000); x[::4096] = b'1' * len(x[::4096])"


def test_gives_code_and_output_as_bytes():
    program = "import sys; sys.stdout.buffer.write(b'\\xff'); sys.stderr.write('e'); sys.exit(3)"
    measured = run_measured([sys.executable, "-c", program], 60)
    assert (measured.returncode, measured.stdout, measured.stderr) == (3, b"\xff", b"e")
    assert not measured.timed_out


def test_hands_over_standard_input():
    program = "import sys; print(sys.stdin.read())"
    assert run_measured([sys.executable, "-c", program], 60, stdin=b"in").stdout == b"in\n"


def test_sees_the_peak_and_not_the_end():
    small = run_measured([sys.executable, "-c", "pass"], 60)
    grown = run_measured([sys.executable, "-c", f"{ONE_GROWN}; del x"], 60)
    assert small.peak_rss_mb < 60
    assert 280 < grown.peak_rss_mb < 400


def test_does_not_count_the_memory_of_the_one_who_asks():
    ballast = bytearray(200_000_000)
    ballast[::4096] = b"1" * len(ballast[::4096])
    assert run_measured([sys.executable, "-c", "pass"], 60).peak_rss_mb < 60
    assert len(ballast) == 200_000_000


def test_kills_at_the_timeout():
    measured = run_measured([sys.executable, "-c", "import time; time.sleep(60)"], 0.5)
    assert measured.timed_out
    assert measured.returncode == -9
    assert measured.seconds < 30
