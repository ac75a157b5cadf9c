"""RFC 6962 trees against the vectors that Certificate Transparency published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqsc_conform.formats.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    root_of_data,
    verify_consistency,
    verify_inclusion,
)

# The reference implementation's test data (certificate-transparency, merkle_tree tests).
INPUTS = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
A23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
A47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
A4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
A45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
A67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
A5 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"

LEAVES = [leaf_hash(each) for each in INPUTS]
some_leaves = st.lists(st.binary(max_size=4), min_size=1, max_size=40).map(
    lambda data: [leaf_hash(each) for each in data]
)


@pytest.mark.parametrize("count", range(9))
def test_roots_are_the_published_ones(count: int) -> None:
    assert root_of_data(INPUTS[:count]).hex() == ROOTS[count]


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [(0, 1, ()), (0, 8, (A1, A23, A47)), (5, 8, (A4, A67, ROOTS[4])), (1, 5, (ROOTS[1], A23, A4))],
)
def test_inclusion_proofs_are_the_published_ones(
    index: int, size: int, path: tuple[str, ...]
) -> None:
    assert tuple(each.hex() for each in inclusion_proof(LEAVES[:size], index)) == path


@pytest.mark.parametrize(
    ("earlier", "size", "path"),
    [(1, 1, ()), (1, 8, (A1, A23, A47)), (6, 8, (A45, A67, ROOTS[4])), (2, 5, (A23, A4))],
)
def test_consistency_proofs_are_the_published_ones(
    earlier: int, size: int, path: tuple[str, ...]
) -> None:
    assert tuple(each.hex() for each in consistency_proof(LEAVES[:size], earlier)) == path


@given(some_leaves, st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = inclusion_proof(leaves, index), root_of(leaves)
    assert verify_inclusion(leaves[index], index, len(leaves), path, root)
    assert not verify_inclusion(leaf_hash(b"other"), index, len(leaves), path, root)
    assert not verify_inclusion(leaves[index], index, len(leaves), (*path, root), root)
    assert not verify_inclusion(leaves[index], len(leaves), len(leaves), path, root)
    assert not path or not verify_inclusion(leaves[index], index, len(leaves), path[1:], root)


@given(some_leaves, st.data())
def test_a_consistency_proof_shows_growth_and_nothing_else(
    leaves: list[bytes], data: st.DataObject
) -> None:
    earlier = data.draw(st.integers(1, len(leaves)))
    old, new = root_of(leaves[:earlier]), root_of(leaves)
    path = consistency_proof(leaves, earlier)
    assert verify_consistency(earlier, len(leaves), path, old, new)
    assert not verify_consistency(earlier, len(leaves), path, leaf_hash(b"other"), new)
    assert not verify_consistency(earlier, len(leaves), path, old, leaf_hash(b"other"))
    assert not verify_consistency(earlier, len(leaves), (*path, new), old, new)
    assert not verify_consistency(0, len(leaves), path, old, new)


def test_a_node_does_not_pass_for_a_leaf() -> None:
    node = root_of(LEAVES[:2])
    assert root_of_data([LEAVES[0] + LEAVES[1]]) != node


@pytest.mark.parametrize("index", [-1, 8])
def test_a_leaf_that_is_not_there_has_no_proof(index: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES, index)
    with pytest.raises(IndexError):
        consistency_proof(LEAVES, index + 1 if index > 0 else 0)
