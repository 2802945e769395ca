-- Days of this gateway as its owner signed them, to be told to the directory (decision 4).
-- `source` is empty for what passed the gateway, else the import statement a day was loaded
-- by. What was signed once is what is told, however often it takes.
CREATE TABLE signed_day (
    day date NOT NULL,
    source text NOT NULL DEFAULT '',
    closed_at timestamptz NOT NULL,
    -- The document as it travels, in JSON: its signed bytes, the key's name and the signature.
    document bytea NOT NULL,
    PRIMARY KEY (day, source)
);

-- The directory's word about a day: this is the outbox of a gateway, which may have no other.
CREATE TABLE told_day (
    day date NOT NULL,
    source text NOT NULL DEFAULT '',
    told_at timestamptz NOT NULL,
    verdict text NOT NULL,
    why text NOT NULL DEFAULT '',
    -- The exchange in which it was told; its receipt proves it.
    message_id text NOT NULL,
    PRIMARY KEY (day, source),
    FOREIGN KEY (day, source) REFERENCES signed_day
);

-- A day of the sums is read by its hours; an import by its statement.
CREATE INDEX rollup_statement ON rollup (statement) WHERE origin = 'import';

GRANT SELECT, INSERT ON signed_day, told_day TO lt_gateway;
GRANT SELECT ON signed_day, told_day TO lt_archiver;
