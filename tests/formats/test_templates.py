import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.templates import TemplateFault, fields, fill


def test_names_are_filled_and_braces_escaped() -> None:
    template = "/datasets/{entry.id}/{{{page}}}?n={page}"
    assert fields(template) == ("entry.id", "page")
    assert fill(template, {"entry.id": "7", "page": "1"}) == "/datasets/7/{1}?n=1"


@pytest.mark.parametrize(
    ("template", "code", "name"),
    [
        ("{", "unbalanced", "{"),
        ("}", "unbalanced", "}"),
        ("a{b", "unbalanced", "{"),
        ("{a}}", "unbalanced", "}"),
        ("{}", "bad_name", ""),
        ("{0}", "bad_name", "0"),
        ("{a!r}", "bad_name", "a!r"),
        ("{a:>9999999999}", "bad_name", "a:>9999999999"),
        ("{a[0]}", "bad_name", "a[0]"),
        ("{a.}", "bad_name", "a."),
        ("{é}", "bad_name", "é"),
        ("{b}", "unknown", "b"),
        ("{a.__class__}", "unknown", "a.__class__"),
    ],
)
def test_other_braces_are_faults(template: str, code: str, name: str) -> None:
    with pytest.raises(TemplateFault) as raised:
        fill(template, {"a": "1"})
    assert (raised.value.code, raised.value.name) == (code, name)


@given(st.text(), st.text())
def test_values_are_never_read_as_templates(before: str, value: str) -> None:
    escaped = before.replace("{", "{{").replace("}", "}}")
    assert fill(escaped + "{a}", {"a": value}) == before + value


@given(st.text("{}ab.:! ", max_size=30))
def test_any_template_is_filled_or_a_fault(template: str) -> None:
    try:
        names = fields(template)
    except TemplateFault:
        with pytest.raises(TemplateFault):
            fill(template, {})
    else:
        fill(template, dict.fromkeys(names, "x"))
