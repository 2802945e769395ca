-- The log in a fifth of its space: what many rows have in common is kept once and numbered,
-- the rest of a row is one packed value, and a sealing round keeps its leaves together.
-- What was written before moves over in `lienthong.gateway.conversion`, run after this file.

-- -- what stood here before ------------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT child.relname FROM pg_inherits
        JOIN pg_class child ON child.oid = inhrelid
        JOIN pg_class parent ON parent.oid = inhparent
        WHERE parent.relname = 'message_record'
    LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO %I', name,
                       replace(name, 'message_record', 'message_plain'));
    END LOOP;
END $$;
ALTER TABLE message_record RENAME TO message_plain;
ALTER INDEX message_record_pkey RENAME TO message_plain_pkey;
DROP INDEX message_record_message, message_record_request, message_record_tx,
    message_record_subjects, message_record_refused;
ALTER TABLE log_leaf RENAME TO log_leaf_plain;
ALTER INDEX log_leaf_pkey RENAME TO log_leaf_plain_pkey;
DROP INDEX log_leaf_hash;
ALTER TABLE rollup_sum RENAME TO rollup_sum_plain;
DROP INDEX rollup_sum_hour;
ALTER TABLE rollup_mark RENAME TO rollup_mark_plain;
ALTER INDEX rollup_mark_pkey RENAME TO rollup_mark_plain_pkey;
DROP FUNCTION drop_archived_day(date);

-- -- the dictionary --------------------------------------------------------------------------

-- Who asked whom under which grant, and how it ended. Those of refusals have numbers below
-- zero, so that the rows of refusals can be indexed apart.
CREATE TABLE log_way (
    number integer GENERATED ALWAYS AS IDENTITY,
    id integer GENERATED ALWAYS AS (CASE outcome WHEN 'refused' THEN -number ELSE number END)
        STORED PRIMARY KEY,
    -- Of all names: together they may be longer than an index's entry.
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    kind text NOT NULL CHECK (kind IN ('request', 'answer', 'import', 'reading')),
    side text NOT NULL CHECK (side IN ('consumer', 'provider')),
    gateway text NOT NULL,
    client text NOT NULL,
    service text NOT NULL,
    outcome text NOT NULL
        CHECK (outcome IN ('open', 'answered', 'refused', 'unreachable', 'failed')),
    fault text NOT NULL,
    status integer NOT NULL,
    peer text NOT NULL,
    mode text NOT NULL,
    effect text NOT NULL,
    grant_id text NOT NULL,
    reason text NOT NULL,
    -- Whether the rows keep the names themselves, because there were too many.
    in_row boolean NOT NULL
);

-- Names of the keys that signed.
CREATE TABLE log_signer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kid text NOT NULL UNIQUE
);

-- Heads without what differs from one message to the next.
CREATE TABLE log_shape (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    template bytea NOT NULL
);

-- Secrets that blind leaves: of a process and a day. They are to a row what its own 32
-- random bytes were, and leave with a backup like these.
CREATE TABLE log_seed (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed bytea NOT NULL UNIQUE CHECK (length(seed) = 32),
    made_at timestamptz NOT NULL DEFAULT now()
);

-- -- rows ------------------------------------------------------------------------------------

CREATE SEQUENCE message_number;

CREATE TABLE message_record (
    time timestamptz NOT NULL,
    -- Given after the transaction has its own number, never before: so once every transaction
    -- below some number has ended, no row below some n can appear any more, and the sealer
    -- need not look there again.
    n bigint NOT NULL
        DEFAULT CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('message_number') END,
    -- Four bytes of the message's key, then four of the request's.
    exchange bigint NOT NULL,
    way integer NOT NULL,
    -- Four bytes of the pseudonym of the data subject; of all when there are several.
    subject integer,
    -- Four bytes of the leaf, where a promise may name it.
    leaf integer,
    subjects integer[],
    packed bytea NOT NULL
) PARTITION BY RANGE (time);
-- What is random does not compress.
ALTER TABLE message_record ALTER COLUMN packed SET STORAGE EXTERNAL;

CREATE INDEX message_record_exchange ON message_record (exchange);
-- Rows lie in the order they came, so the least and greatest of some pages are enough.
CREATE INDEX message_record_order ON message_record USING brin (time, n)
    WITH (pages_per_range = 64);
CREATE INDEX message_record_subject ON message_record USING brin (subject int4_bloom_ops)
    WITH (pages_per_range = 32);
CREATE INDEX message_record_subjects ON message_record USING gin (subjects)
    WHERE subjects IS NOT NULL;
CREATE INDEX message_record_leaf ON message_record (leaf) WHERE leaf IS NOT NULL;
CREATE INDEX message_record_refused ON message_record (time) WHERE way < 0;

CREATE TABLE message_record_other PARTITION OF message_record DEFAULT;

-- A row as people ask for it: its names in words.
CREATE VIEW message_way AS
SELECT r.time, r.n, r.exchange, r.way, r.packed, w.kind, w.side, w.gateway, w.client, w.service,
       w.outcome, w.fault, w.status, w.peer, w.mode, w.effect, w.grant_id, w.reason, w.in_row
FROM message_record r JOIN log_way w ON w.id = r.way;

-- -- rounds ----------------------------------------------------------------------------------

-- A sealing round: rows in the order of their n, and their leaves in the same order.
CREATE TABLE log_round (
    first bigint PRIMARY KEY CHECK (first >= 0),
    count integer NOT NULL CHECK (count > 0),
    ns int8multirange NOT NULL,
    leaves bytea NOT NULL CHECK (length(leaves) = 32 * count),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    -- How many answers of which way in which hour (`rounds.write_counts`), counted from the
    -- rows of these very leaves, whose hash stands beside them.
    counts bytea NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32)
);
ALTER TABLE log_round ALTER COLUMN leaves SET STORAGE EXTERNAL;
CREATE INDEX log_round_upper ON log_round (upper(ns));
CREATE INDEX log_round_until ON log_round USING brin (until) WITH (pages_per_range = 16);

CREATE TABLE rollup_sum (
    hour timestamptz NOT NULL,
    way integer NOT NULL,
    count integer NOT NULL CHECK (count > 0)
);
CREATE INDEX rollup_sum_hour ON rollup_sum USING brin (hour) WITH (pages_per_range = 16);

-- How far both sums reach: rounds below this size of the tree, unknown outcomes before this
-- hour.
CREATE TABLE rollup_mark (
    upto bigint NOT NULL,
    closed_until timestamptz NOT NULL,
    PRIMARY KEY (closed_until, upto)
);

-- -- functions of the owner ------------------------------------------------------------------

-- A day leaves only when it is over, every row of it is under a head, and an archive that
-- holds as many rows has been entered.
CREATE FUNCTION drop_archived_day(day date) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    name text := 'message_record_' || to_char(day, 'YYYYMMDD');
    kept bigint := (SELECT rows FROM public.log_archive a WHERE a.day = drop_archived_day.day);
    unsealed bigint;
    sealed bigint;
BEGIN
    IF day >= (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION '% is not over', day;
    END IF;
    IF to_regclass('public.' || name) IS NULL THEN
        RAISE EXCEPTION '% is not in the log', day;
    END IF;
    EXECUTE format('LOCK TABLE public.%I IN SHARE ROW EXCLUSIVE MODE', name);
    EXECUTE format(
        'WITH span AS (SELECT min(n) AS least, max(n) AS greatest FROM public.%1$I),'
        ' sealed AS (SELECT coalesce(range_agg(d.ns), ''{}'') AS ns FROM public.log_round d, span'
        '            WHERE upper(d.ns) > span.least AND lower(d.ns) <= span.greatest)'
        ' SELECT count(*) FILTER (WHERE NOT r.n <@ sealed.ns),'
        '        count(*) FILTER (WHERE r.n <@ sealed.ns) FROM public.%1$I r, sealed', name)
        INTO unsealed, sealed;
    IF unsealed > 0 THEN
        RAISE EXCEPTION '% rows of % are not under a head', unsealed, day;
    END IF;
    IF kept IS DISTINCT FROM sealed THEN
        RAISE EXCEPTION '% has % rows and its archive %', day, sealed, coalesce(kept, 0);
    END IF;
    EXECUTE format('ALTER TABLE public.message_record DETACH PARTITION public.%I', name);
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN sealed;
END $$;

-- Pages that no summary tells of are read by every question about a time; the sealer has
-- them summed up while it works.
CREATE FUNCTION summarise_message_day(day date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public SET lock_timeout = '100ms' AS $$
DECLARE
    one oid;
    summed integer := 0;
BEGIN
    FOR one IN
        SELECT i.indexrelid FROM pg_index i
        JOIN pg_class index ON index.oid = i.indexrelid
        JOIN pg_am method ON method.oid = index.relam AND method.amname = 'brin'
        WHERE i.indrelid = to_regclass('public.message_record_' || to_char(day, 'YYYYMMDD'))
    LOOP
        summed := summed + brin_summarize_new_values(one);
    END LOOP;
    RETURN summed;
END $$;

REVOKE ALL ON FUNCTION drop_archived_day(date) FROM PUBLIC;
REVOKE ALL ON FUNCTION summarise_message_day(date) FROM PUBLIC;

GRANT SELECT, INSERT ON
    message_record, log_way, log_signer, log_shape, log_seed, log_round, rollup_sum, rollup_mark
    TO lt_gateway;
GRANT SELECT ON message_way TO lt_gateway, lt_archiver;
GRANT USAGE ON SEQUENCE message_number TO lt_gateway;
GRANT EXECUTE ON FUNCTION summarise_message_day(date) TO lt_gateway;
GRANT SELECT ON
    message_record, log_way, log_signer, log_shape, log_seed, log_round, rollup_sum, rollup_mark
    TO lt_archiver;
GRANT EXECUTE ON FUNCTION drop_archived_day(date) TO lt_archiver;

-- -- forward ---------------------------------------------------------------------------------

SELECT make_message_days(day, 1)
FROM (SELECT DISTINCT (time AT TIME ZONE 'UTC')::date AS day FROM message_plain) written;
SELECT make_message_days((now() AT TIME ZONE 'UTC')::date, 14);
-- A sealed row's n is its leaf's number plus one; others get theirs when they move.
SELECT setval('message_number', greatest(1, (SELECT max(seq) + 1 FROM log_leaf_plain)), true)
WHERE EXISTS (SELECT 1 FROM log_leaf_plain);

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM message_plain) AND NOT EXISTS (SELECT 1 FROM log_leaf_plain)
       AND NOT EXISTS (SELECT 1 FROM rollup_sum_plain)
       AND NOT EXISTS (SELECT 1 FROM rollup_mark_plain) THEN
        DROP TABLE message_plain, log_leaf_plain, rollup_sum_plain, rollup_mark_plain;
    END IF;
END $$;
