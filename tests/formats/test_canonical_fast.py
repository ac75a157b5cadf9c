import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.canonical import CanonicalFault, canonical

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**54), 2**54),
    st.floats(allow_nan=True),
    st.text(st.characters(exclude_categories=())),
    st.text('\x00\x1f\x7f"\\/\b\t\n\f\r\u2028é汉𠀀'),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@given(VALUES)
def test_the_quick_way_writes_what_the_library_writes(value: object) -> None:
    try:
        wanted = rfc8785.dumps(value)
    except ValueError:
        wanted = None
    try:
        found = canonical(value)
    except CanonicalFault:
        found = None
    assert found == wanted
