-- The gateway's own database: rows of messages, the tree over them, rollups, the replay
-- window and withdrawn grants. Applied as lt_owner; at run time lt_gateway may only INSERT
-- and SELECT (decision 5). Works on PostgreSQL 15 and later without extensions.

-- One row per message and side. Partitioned by month so that sealed months can be detached.
CREATE TABLE message_record (
    id uuid NOT NULL,
    time timestamptz NOT NULL,
    -- The inserting transaction: rows become visible in commit order, not in this order, and
    -- the sealer uses it to know below which row nothing can appear any more.
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind text NOT NULL CHECK (kind IN ('request', 'answer', 'import')),
    side text NOT NULL CHECK (side IN ('consumer', 'provider')),
    gateway text NOT NULL,
    message_id text NOT NULL,
    request_id text NOT NULL,
    client text NOT NULL,
    service text NOT NULL,
    outcome text NOT NULL
        CHECK (outcome IN ('open', 'answered', 'refused', 'unreachable', 'failed')),
    fault text NOT NULL,
    status smallint NOT NULL,
    head bytea NOT NULL,
    body_digest bytea NOT NULL,
    body_size bigint NOT NULL,
    signature_input bytea NOT NULL,
    signature bytea NOT NULL,
    signer text NOT NULL,
    subjects_digest bytea NOT NULL,
    blind bytea NOT NULL CHECK (length(blind) = 32),
    record_digest bytea NOT NULL CHECK (length(record_digest) = 32),
    leaf bytea NOT NULL CHECK (length(leaf) = 32),
    peer text NOT NULL,
    mode text NOT NULL,
    effect text NOT NULL,
    grant_id text NOT NULL,
    trace text NOT NULL,
    subjects bytea[] NOT NULL,
    PRIMARY KEY (time, id)
) PARTITION BY RANGE (time);

CREATE INDEX message_record_message ON message_record (message_id);
CREATE INDEX message_record_request ON message_record (request_id);
CREATE INDEX message_record_tx ON message_record (tx);

-- Nothing is lost for want of a partition; this one is normally empty.
CREATE TABLE message_record_other PARTITION OF message_record DEFAULT;

-- The tree: leaves in the order they were sealed, and the root of every full tile of 256
-- hashes (C2SP tlog-tiles, height 8). All other hashes follow from these.
CREATE TABLE log_leaf (
    seq bigint PRIMARY KEY CHECK (seq >= 0),
    record_id uuid NOT NULL UNIQUE,
    record_time timestamptz NOT NULL,
    leaf bytea NOT NULL CHECK (length(leaf) = 32)
);

CREATE TABLE log_tile (
    level smallint NOT NULL CHECK (level >= 0),
    number bigint NOT NULL CHECK (number >= 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    PRIMARY KEY (level, number)
);

CREATE TABLE log_checkpoint (
    size bigint PRIMARY KEY,
    root bytea NOT NULL CHECK (length(root) = 32),
    signed_at timestamptz NOT NULL,
    note bytea NOT NULL
);

-- A load of history enters as one statement with its digest (decision 2).
CREATE TABLE import_statement (
    id uuid PRIMARY KEY,
    source text NOT NULL,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    rows bigint NOT NULL,
    exchanges bigint NOT NULL,
    imported_at timestamptz NOT NULL,
    record_id uuid NOT NULL
);

-- Hourly counts. Those of live traffic are written by the sealer, in the transaction that
-- seals the very leaves they count (from_seq to to_seq, under range_digest).
CREATE TABLE rollup (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hour timestamptz NOT NULL,
    side text NOT NULL,
    client text NOT NULL,
    service text NOT NULL,
    outcome text NOT NULL,
    origin text NOT NULL CHECK (origin IN ('live', 'import')),
    count bigint NOT NULL CHECK (count > 0),
    from_seq bigint,
    to_seq bigint,
    range_digest bytea,
    statement uuid REFERENCES import_statement,
    CHECK ((origin = 'live') = (from_seq IS NOT NULL AND to_seq IS NOT NULL
                                AND range_digest IS NOT NULL)),
    CHECK ((origin = 'import') = (statement IS NOT NULL))
);

CREATE INDEX rollup_hour ON rollup (hour);

CREATE TABLE replay_window (
    peer text NOT NULL,
    request_id text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (peer, request_id)
);

CREATE INDEX replay_window_seen ON replay_window (seen_at);

CREATE TABLE grant_revocation (
    grant_id text PRIMARY KEY,
    revoked_at timestamptz NOT NULL,
    by_whom text NOT NULL,
    reason text NOT NULL
);

-- Partitions are made by a function of the owner: the gateway may not create tables.
CREATE FUNCTION make_message_partitions(first date, months integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    month timestamptz;
    made integer := 0;
    name text;
BEGIN
    IF months NOT BETWEEN 1 AND 36 THEN
        RAISE EXCEPTION 'between 1 and 36 months';
    END IF;
    FOR step IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first::timestamp) + make_interval(months => step))
                 AT TIME ZONE 'UTC';
        name := 'message_record_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
        IF to_regclass('public.' || name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE public.%I PARTITION OF public.message_record'
                ' FOR VALUES FROM (%L) TO (%L)',
                name, month, (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

-- A month leaves only when every row of it is under a head.
CREATE FUNCTION detach_sealed_partition(name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    unsealed bigint;
    sealed bigint;
BEGIN
    IF name !~ '^message_record_[0-9]{6}$' THEN
        RAISE EXCEPTION '% is not a month of the log', name;
    END IF;
    IF to_date(right(name, 6), 'YYYYMM') >= date_trunc('month', now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION '% is not over', name;
    END IF;
    EXECUTE format('LOCK TABLE public.%I IN SHARE ROW EXCLUSIVE MODE', name);
    EXECUTE format(
        'SELECT count(*) FILTER (WHERE l.seq IS NULL), count(l.seq)'
        ' FROM public.%I r LEFT JOIN public.log_leaf l ON l.record_id = r.id', name)
        INTO unsealed, sealed;
    IF unsealed > 0 THEN
        RAISE EXCEPTION '% rows of % are not under a head', unsealed, name;
    END IF;
    EXECUTE format('ALTER TABLE public.message_record DETACH PARTITION public.%I', name);
    RETURN sealed;
END $$;

-- Requests older than the window are refused by their signature's time, so need no memory.
CREATE FUNCTION forget_replays() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH gone AS (
        DELETE FROM public.replay_window WHERE seen_at < now() - interval '1 hour' RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION make_message_partitions(date, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION detach_sealed_partition(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION forget_replays() FROM PUBLIC;

GRANT SELECT, INSERT ON
    message_record, log_leaf, log_tile, log_checkpoint, import_statement, rollup,
    replay_window, grant_revocation
    TO lt_gateway;
GRANT EXECUTE ON FUNCTION make_message_partitions(date, integer) TO lt_gateway, lt_archiver;

GRANT SELECT ON
    message_record, log_leaf, log_tile, log_checkpoint, import_statement, rollup, grant_revocation
    TO lt_archiver;
GRANT EXECUTE ON FUNCTION detach_sealed_partition(text) TO lt_archiver;
GRANT EXECUTE ON FUNCTION forget_replays() TO lt_archiver;

SELECT make_message_partitions((now() AT TIME ZONE 'UTC')::date, 14);
