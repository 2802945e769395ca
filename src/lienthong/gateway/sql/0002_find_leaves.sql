-- A promise names a leaf by its hash; whoever holds one may ask the public log for its proof.
CREATE INDEX log_leaf_hash ON log_leaf USING hash (leaf);
