"""Merkle trees as RFC 6962 (section 2.1) hashes them, with SHA-256.

A leaf is hashed behind the byte 0x00, a node behind 0x01, so that no node can pass for a leaf.
Every function is pure; hashes are 32 raw bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence

__all__ = [
    "EMPTY",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "root_of",
    "root_of_data",
    "verify_consistency",
    "verify_inclusion",
]

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """Hash the content of a leaf."""
    return _sha256(b"\x00" + data).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Compute the root over leaf hashes, in their order."""
    if not leaves:
        return EMPTY
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [_sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            # An odd node moves up as it is: the same tree as splitting at powers of two.
            above.append(level[-1])
        level = above
    return level[0]


def root_of_data(contents: Iterable[bytes]) -> bytes:
    """Compute the root over the contents of leaves, in their order."""
    return root_of([leaf_hash(each) for each in contents])


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Give the audit path of a leaf (RFC 6962, 2.1.1), from the leaf up.

    :raises IndexError: when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path: list[bytes] = []
    while len(leaves) > 1:
        split = _split(len(leaves))
        left, right = leaves[:split], leaves[split:]
        if index < split:
            path.append(root_of(right))
            leaves = left
        else:
            path.append(root_of(left))
            leaves, index = right, index - split
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether an audit path leads from a leaf hash to a root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, computed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at % 2 or at == last:
            computed = _node(sibling, computed)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            computed = _node(computed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> tuple[bytes, ...]:
    """Prove that the first ``earlier`` leaves head the tree (RFC 6962, 2.1.2).

    :raises IndexError: unless ``0 < earlier <= len(leaves)``.
    """
    if not 0 < earlier <= len(leaves):
        raise IndexError(earlier)
    path: list[bytes] = []
    whole = True
    while earlier != len(leaves):
        split = _split(len(leaves))
        left, right = leaves[:split], leaves[split:]
        if earlier <= split:
            path.append(root_of(right))
            leaves = left
        else:
            path.append(root_of(left))
            leaves, earlier, whole = right, earlier - split, False
    if not whole:
        path.append(root_of(leaves))
    return tuple(reversed(path))


def verify_consistency(
    earlier: int, size: int, path: Sequence[bytes], earlier_root: bytes, root: bytes
) -> bool:
    """Tell whether a proof shows that one tree only grew into another (RFC 9162, 2.1.4.2)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not path and earlier_root == root
    steps = list(path)
    if earlier & (earlier - 1) == 0:
        steps.insert(0, earlier_root)
    if not steps:
        return False
    at, last = earlier - 1, size - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            new = _node(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == earlier_root and new == root


def _node(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """Give the largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1
