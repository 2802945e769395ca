-- Days instead of months: a day that is over and sealed can be archived while the next is
-- written, and what must go after N days goes with its partition, never row by row.
-- Rows that are already there move with all their columns, so leaves and heads still fit.

ALTER TABLE message_record RENAME TO message_record_before;
ALTER TABLE message_record_other RENAME TO message_record_before_other;
ALTER INDEX message_record_pkey RENAME TO message_record_before_pkey;
DROP INDEX message_record_message, message_record_request, message_record_tx;

CREATE TABLE message_record (
    LIKE message_record_before INCLUDING DEFAULTS,
    -- A row may also say that a body was read: the tree holds who looked.
    CONSTRAINT message_record_kind CHECK (kind IN ('request', 'answer', 'import', 'reading')),
    CONSTRAINT message_record_side CHECK (side IN ('consumer', 'provider')),
    CONSTRAINT message_record_outcome
        CHECK (outcome IN ('open', 'answered', 'refused', 'unreachable', 'failed')),
    CONSTRAINT message_record_lengths
        CHECK (length(blind) = 32 AND length(record_digest) = 32 AND length(leaf) = 32),
    PRIMARY KEY (time, id)
) PARTITION BY RANGE (time);

-- By hash, since both are only ever looked up whole and are longer than their hash.
CREATE INDEX message_record_message ON message_record USING hash (message_id);
CREATE INDEX message_record_request ON message_record (request_id);
CREATE INDEX message_record_tx ON message_record (tx);
-- Which exchanges concerned a person: asked by pseudonym, and only rows that name somebody.
CREATE INDEX message_record_subjects ON message_record USING gin (subjects)
    WHERE subjects <> '{}';

-- Bodies that an offer asks to keep, under a key of the gateway (AES-256-GCM). Apart from
-- the rows: they may go earlier, and nothing of the tree or a receipt rests on them.
CREATE TABLE message_body (
    record_time timestamptz NOT NULL,
    record_id uuid NOT NULL,
    key_id text NOT NULL,
    nonce bytea NOT NULL CHECK (length(nonce) = 12),
    sealed bytea NOT NULL,
    PRIMARY KEY (record_time, record_id)
) PARTITION BY RANGE (record_time);
-- What is encrypted does not compress.
ALTER TABLE message_body ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Nothing is lost for want of a partition; these are normally empty.
CREATE TABLE message_record_other PARTITION OF message_record DEFAULT;
CREATE TABLE message_body_other PARTITION OF message_body DEFAULT;

-- Partitions are made by a function of the owner: the gateway may not create tables.
CREATE FUNCTION make_message_days(first date, days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    day date;
    made integer := 0;
    parent text;
    name text;
BEGIN
    IF days NOT BETWEEN 1 AND 400 THEN
        RAISE EXCEPTION 'between 1 and 400 days';
    END IF;
    FOR step IN 0 .. days - 1 LOOP
        day := first + step;
        FOREACH parent IN ARRAY ARRAY['message_record', 'message_body'] LOOP
            name := parent || '_' || to_char(day, 'YYYYMMDD');
            IF to_regclass('public.' || name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                    name, parent,
                    day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- What was written so far, day by day.
SELECT make_message_days(day, 1)
FROM (SELECT DISTINCT (time AT TIME ZONE 'UTC')::date AS day FROM message_record_before) written;
INSERT INTO message_record SELECT * FROM message_record_before;
DROP TABLE message_record_before;
DROP FUNCTION make_message_partitions(date, integer);
DROP FUNCTION detach_sealed_partition(text);

-- Days that left the log for an archive; the leaves stay, so every proof stays.
CREATE TABLE log_archive (
    day date PRIMARY KEY,
    file text NOT NULL,
    rows bigint NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    archived_at timestamptz NOT NULL
);

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
        'SELECT count(*) FILTER (WHERE l.seq IS NULL), count(l.seq)'
        ' FROM public.%I r LEFT JOIN public.log_leaf l ON l.record_id = r.id', name)
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

-- Bodies go by themselves, whole days at a time; that a body was kept is in no leaf.
CREATE FUNCTION drop_bodies(before date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    IF before > (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION '% is not over', before;
    END IF;
    FOR name IN
        SELECT child.relname FROM pg_inherits
        JOIN pg_class child ON child.oid = inhrelid
        JOIN pg_class parent ON parent.oid = inhparent
        WHERE parent.relname = 'message_body' AND child.relname ~ '^message_body_[0-9]{8}$'
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < before
    LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

REVOKE ALL ON FUNCTION make_message_days(date, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION drop_archived_day(date) FROM PUBLIC;
REVOKE ALL ON FUNCTION drop_bodies(date) FROM PUBLIC;

GRANT SELECT, INSERT ON message_record, message_body TO lt_gateway;
GRANT SELECT ON log_archive TO lt_gateway;
GRANT EXECUTE ON FUNCTION make_message_days(date, integer) TO lt_gateway, lt_archiver;
GRANT SELECT ON message_record, message_body TO lt_archiver;
GRANT SELECT, INSERT ON log_archive TO lt_archiver;
GRANT EXECUTE ON FUNCTION drop_archived_day(date) TO lt_archiver;
GRANT EXECUTE ON FUNCTION drop_bodies(date) TO lt_archiver;

SELECT make_message_days((now() AT TIME ZONE 'UTC')::date, 14);
