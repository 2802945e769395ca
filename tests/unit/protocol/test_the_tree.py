"""The tree of RFC 9162, checked against pymerkle and against tampering."""

from __future__ import annotations

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienthong.protocol import merkle
from lienthong.protocol.errors import BadProof

sizes = st.integers(min_value=1, max_value=200)


def both(size: int) -> tuple[merkle.Tree, pymerkle.InmemoryTree]:
    ours, oracle = merkle.Tree(), pymerkle.InmemoryTree(algorithm="sha256")
    for number in range(size):
        entry = b"entry %d" % number
        ours.append(merkle.leaf_hash(entry))
        oracle.append_entry(entry)
    return ours, oracle


@settings(max_examples=40, deadline=None)
@given(sizes)
def test_roots_equal_those_of_an_independent_implementation(size):
    ours, oracle = both(size)
    for part in {0, 1, size // 2, size - 1, size}:
        if part:
            assert ours.root(part) == oracle.get_root(part)
    assert ours.root(0) == merkle.EMPTY_ROOT


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_inclusion_proofs_equal_the_oracles_and_verify(size, data):
    index = data.draw(st.integers(0, size - 1))
    ours, oracle = both(size)
    proof = ours.inclusion(index)
    # pymerkle's path starts with the leaf itself.
    assert proof == oracle.prove_inclusion(index + 1, size).path[1:]
    leaf = ours.levels[0][index]
    assert merkle.verify_inclusion(leaf, index, size, proof, ours.root()) == index


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_a_larger_tree_is_proved_to_extend_a_smaller_one(size, data):
    old = data.draw(st.integers(0, size))
    ours, _ = both(size)
    proof = ours.consistency(old)
    roots = ours.root(old), ours.root()
    assert merkle.verify_consistency(old, roots[0], size, roots[1], proof) == size
    if 0 < old < size:
        with pytest.raises(BadProof):
            merkle.verify_consistency(old, b"\x00" * 32, size, roots[1], proof)
        with pytest.raises(BadProof):
            merkle.verify_consistency(old, roots[0], size, b"\x00" * 32, proof)
        with pytest.raises(BadProof):
            merkle.verify_consistency(old, roots[0], size, roots[1], [*proof, b"\x00" * 32])


@settings(max_examples=60, deadline=None)
@given(sizes, st.data())
def test_a_proof_for_another_leaf_place_or_root_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    ours, _ = both(size)
    proof, root = ours.inclusion(index), ours.root()
    leaf = ours.levels[0][index]
    with pytest.raises(BadProof):
        merkle.verify_inclusion(merkle.leaf_hash(b"other"), index, size, proof, root)
    with pytest.raises(BadProof):
        merkle.verify_inclusion(leaf, size, size, proof, root)
    with pytest.raises(BadProof):
        merkle.verify_inclusion(leaf, index, size, [*proof, root], root)
    if size > 1:
        with pytest.raises(BadProof):
            merkle.verify_inclusion(leaf, (index + 1) % size, size, proof, root)
        with pytest.raises(BadProof):
            merkle.verify_inclusion(leaf, index, size, proof[:-1], root)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(0, 60))
def test_the_right_edge_alone_is_enough_to_go_on(size, more):
    whole = merkle.Tree()
    for number in range(size):
        whole.append(merkle.leaf_hash(b"%d" % number))
    edge = merkle.Frontier(size, [whole.lookup(node) for node in merkle.cover(0, size)])
    for number in range(more):
        whole.append(merkle.leaf_hash(b"more %d" % number))
        edge.append(merkle.leaf_hash(b"more %d" % number))
    assert edge.root() == whole.root()
    assert edge.size == whole.size
