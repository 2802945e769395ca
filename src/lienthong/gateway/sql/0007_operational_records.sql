-- Operational monitoring data: one row for each exchange and side, as the processes saw it
-- (PR-OPMON). No evidence and never counted from: the log and its rollups are. Written in
-- groups after the answers have gone, kept for some days, and dropped a whole day at a time.
CREATE TABLE operational_record (
    recorded_at timestamptz NOT NULL,
    producer boolean NOT NULL,
    -- Unix milliseconds.
    request_in bigint NOT NULL,
    request_out bigint,
    response_in bigint,
    response_out bigint NOT NULL,
    -- Identifiers as in the log, percent-encoded: VN/GOV/G15/civil-status.
    client text NOT NULL,
    service text NOT NULL,
    service_version text,
    service_type text,
    message_id text,
    request_id text,
    user_id text,
    issue text,
    represented_party text,
    protocol_version text NOT NULL,
    rest_method text,
    rest_path text,
    client_address text,
    service_address text,
    internal_ip text,
    software text NOT NULL,
    request_size bigint,
    request_mime_size bigint,
    request_attachments integer,
    response_size bigint,
    response_mime_size bigint,
    response_attachments integer,
    succeeded boolean NOT NULL,
    status integer,
    fault_code text,
    fault_string text
) PARTITION BY RANGE (recorded_at);

CREATE INDEX operational_record_at ON operational_record (recorded_at);
-- The console counts failures of days; they are few among the rows.
CREATE INDEX operational_record_failed ON operational_record (recorded_at) WHERE NOT succeeded;

-- Nothing is lost for want of a partition; this one is normally empty.
CREATE TABLE operational_record_other PARTITION OF operational_record DEFAULT;

CREATE FUNCTION make_operational_days(first date, days integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    day date;
    made integer := 0;
    name text;
BEGIN
    IF days NOT BETWEEN 1 AND 400 THEN
        RAISE EXCEPTION 'between 1 and 400 days';
    END IF;
    FOR step IN 0 .. days - 1 LOOP
        day := first + step;
        name := 'operational_record_' || to_char(day, 'YYYYMMDD');
        IF to_regclass('public.' || name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE public.%I PARTITION OF public.operational_record'
                ' FOR VALUES FROM (%L) TO (%L)',
                name,
                day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION drop_operational_days(before date) RETURNS integer
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
        WHERE parent.relname = 'operational_record'
          AND child.relname ~ '^operational_record_[0-9]{8}$'
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < before
    LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM public.operational_record_other
        WHERE recorded_at < before::timestamp AT TIME ZONE 'UTC';
    RETURN dropped;
END $$;

REVOKE ALL ON FUNCTION make_operational_days(date, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION drop_operational_days(date) FROM PUBLIC;

GRANT SELECT, INSERT ON operational_record TO lt_gateway;
GRANT SELECT ON operational_record TO lt_archiver;
GRANT EXECUTE ON FUNCTION make_operational_days(date, integer) TO lt_gateway, lt_archiver;
GRANT EXECUTE ON FUNCTION drop_operational_days(date) TO lt_archiver;

SELECT make_operational_days((now() AT TIME ZONE 'UTC')::date, 14);
