import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.resource_code import ResourceCode, parse_resource_code


def test_the_parts_of_a_code() -> None:
    assert parse_resource_code("306003001/000012") == ResourceCode(
        "3", "06", "003", "001", "000012"
    )
    assert parse_resource_code("306003/000012") == ResourceCode("3", "06", "003", "", "000012")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30600/000012",
        "306003001/00012",
        "306003001/0000123",
        "306003001000012",
        "306003001／000012",
        "30600300a/000012",
        "３06003001/000012",
        " 306003001/000012",
        "306003001/000012\n",
        "306003001/000012/1",
        "1" * 10_000_000 + "/000001",
    ],
)
def test_other_shapes_are_no_code(text: str) -> None:
    assert parse_resource_code(text) is None


@given(st.from_regex(r"[0-9]{6,57}/[0-9]{6}", fullmatch=True))
def test_a_code_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_resource_code(text)) == text


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    code = parse_resource_code(text)
    assert code is None or str(code) == text
