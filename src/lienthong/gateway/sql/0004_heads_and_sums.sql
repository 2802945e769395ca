-- What others say of this log's heads, and what this gateway says of others' heads.

-- Time-stamp tokens (RFC 3161) over a head's note. The tokens of one head are a chain: each
-- covers the note and all tokens before it, so a newer one keeps an older one's word alive.
CREATE TABLE log_timestamp (
    size bigint NOT NULL REFERENCES log_checkpoint,
    place smallint NOT NULL CHECK (place >= 0),
    authority text NOT NULL,
    stamped_at timestamptz NOT NULL,
    -- When the authority's certificate ends, or its algorithm is no longer to be relied on.
    good_until timestamptz NOT NULL,
    token bytea NOT NULL,
    PRIMARY KEY (size, place)
);

-- Signature lines of witnesses under a head (C2SP tlog-cosignature).
CREATE TABLE log_cosignature (
    size bigint NOT NULL REFERENCES log_checkpoint,
    witness text NOT NULL,
    line text NOT NULL,
    -- The witness's own statement of its key, so that a receipt stands alone.
    statement text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (size, witness)
);

-- The heads of other logs that this gateway witnessed. Unique by size, so two roots of one
-- size are never both signed, whatever two processes do at the same time.
CREATE TABLE witnessed_head (
    origin text NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    note bytea NOT NULL,
    witnessed_at timestamptz NOT NULL,
    PRIMARY KEY (origin, size)
);

GRANT SELECT, INSERT ON log_timestamp, log_cosignature, witnessed_head TO lt_gateway;
GRANT SELECT ON log_timestamp, log_cosignature, witnessed_head TO lt_archiver;

-- Sums of sums. The sealer writes counts each time it seals, so a quiet country writes nearly
-- one for each exchange, and a month of them takes seconds to add. What an hour came to is
-- added up once, when it is over: by pair, and over all data services together.
CREATE TABLE rollup_sum (
    hour timestamptz NOT NULL,
    side text NOT NULL,
    client text NOT NULL,
    service text NOT NULL,
    outcome text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    -- The last of the sealer's counts that is in it.
    upto bigint NOT NULL
);
CREATE INDEX rollup_sum_hour ON rollup_sum (hour);

CREATE TABLE rollup_total (
    hour timestamptz NOT NULL,
    side text NOT NULL,
    -- Also 'unknown': requests forwarded in that hour of which no end is known.
    outcome text NOT NULL,
    origin text NOT NULL CHECK (origin IN ('live', 'import')),
    count bigint NOT NULL CHECK (count > 0)
);
CREATE INDEX rollup_total_hour ON rollup_total (hour);

-- How far both reach: live counts up to this id, unknown outcomes before this hour.
CREATE TABLE rollup_mark (
    upto bigint NOT NULL,
    closed_until timestamptz NOT NULL,
    PRIMARY KEY (closed_until, upto)
);

CREATE INDEX rollup_import_hour ON rollup (hour) WHERE origin = 'import';

-- What was imported before is in no sum yet.
INSERT INTO rollup_total
SELECT hour, side, outcome, 'import', sum(count) FROM rollup
WHERE origin = 'import' AND regexp_replace(service, '^.*/', '')
      <> ALL(ARRAY['allowedMethods', 'getOpenAPI', 'getSecurityServerHealthData',
                   'getSecurityServerMetrics', 'getSecurityServerOperationalData', 'getWsdl',
                   'listMethods'])
GROUP BY hour, side, outcome;

GRANT SELECT, INSERT ON rollup_sum, rollup_total, rollup_mark TO lt_gateway;
GRANT SELECT ON rollup_sum, rollup_total, rollup_mark TO lt_archiver;
