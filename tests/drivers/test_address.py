"""Whoever writes an address into evidence does not choose whom the kit talks to."""

import pytest

from cqsc_conform.formats.address import Address, resolve_address
from cqsc_conform.model.target import Endpoint

ENDPOINTS = {
    "api": Endpoint(url="https://api.example.test"),
    "data": Endpoint(url="http://10.0.0.1:8080/base"),
    "six": Endpoint(url="http://[::1]:81"),
    "events": Endpoint(url="mqtt://api.example.test"),
}


@pytest.mark.parametrize(
    ("text", "endpoint", "target"),
    [
        ("https://api.example.test/a/b?c=1", "api", "/a/b?c=1"),
        ("HTTPS://API.Example.TEST:443", "api", "/"),
        (" https://api.example.test./x#part ", "api", "/x"),
        ("http://10.0.0.1:8080/x%2Fy?q=a%20b&r=[1]", "data", "/x%2Fy?q=a%20b&r=[1]"),
        ("http://[::1]:81/", "six", "/"),
        ("https://api.example.test/目录?名=渝 中", "api",
         "/%E7%9B%AE%E5%BD%95?%E5%90%8D=%E6%B8%9D%20%E4%B8%AD"),
        ("https://api.example.test/a\r\nb", "api", "/ab"),
        ("/next?page=2", "data", "/next?page=2"),
    ],
)  # fmt: skip
def test_a_declared_origin_is_found(text: str, endpoint: str, target: str) -> None:
    assert resolve_address(ENDPOINTS, text, beside="data") == Address(endpoint, target)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.test/a",
        "http://api.example.test/a",
        "https://api.example.test:444/a",
        "https://api.example.test@evil.test/",
        "https://user:pass@api.example.test/",
        "https://api.example.test.evil.test/",
        "https://api.example.test\\@evil.test/",
        "//evil.test/a",
        "//api.example.test/a",
        "mqtt://api.example.test/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://0x0a000001:8080/",
        "https://api.example.test:99999/",
        "http://[::1",
        "next?page=2",
        "",
        "\x00",
    ],
)
def test_any_other_origin_is_none(text: str) -> None:
    assert resolve_address(ENDPOINTS, text, beside="api") is None


def test_a_path_belongs_to_nobody_without_a_neighbour() -> None:
    assert resolve_address(ENDPOINTS, "/a") is None
    assert resolve_address(ENDPOINTS, "/a", beside="nobody") is None
