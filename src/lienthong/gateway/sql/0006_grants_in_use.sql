-- Why a request was refused, in one word beside the fault; empty for what was not refused.
ALTER TABLE message_record ADD COLUMN reason text NOT NULL DEFAULT '';

-- The operator's page counts refusals of weeks; they are few among the rows.
CREATE INDEX message_record_refused ON message_record (time)
    WHERE outcome = 'refused' AND kind = 'answer';

-- How often each grant with a quota was used in the running minute and day. Not evidence:
-- the log is. Shared by all processes of this gateway, written only by the function below.
CREATE TABLE quota_use (
    grant_id text NOT NULL,
    span text NOT NULL CHECK (span IN ('minute', 'day')),
    starts timestamptz NOT NULL,
    used bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (grant_id, span, starts)
) WITH (fillfactor = 50);

CREATE INDEX quota_use_starts ON quota_use (starts);

-- Take up to so many uses of one grant: as many as both its minute and its day still hold.
-- Rows are locked minute first; callers name grants in one order, so no two wait for each other.
CREATE FUNCTION take_quota(
    of_grant text, wanted bigint, minute_starts timestamptz, minute_limit bigint,
    day_starts timestamptz, day_limit bigint,
    OUT taken bigint, OUT full_span text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    minute_left bigint := wanted;
    day_left bigint := wanted;
BEGIN
    IF minute_limit IS NOT NULL THEN
        INSERT INTO quota_use (grant_id, span, starts) VALUES (of_grant, 'minute', minute_starts)
            ON CONFLICT DO NOTHING;
        SELECT minute_limit - used INTO minute_left FROM quota_use
            WHERE grant_id = of_grant AND span = 'minute' AND starts = minute_starts FOR UPDATE;
    END IF;
    IF day_limit IS NOT NULL THEN
        INSERT INTO quota_use (grant_id, span, starts) VALUES (of_grant, 'day', day_starts)
            ON CONFLICT DO NOTHING;
        SELECT day_limit - used INTO day_left FROM quota_use
            WHERE grant_id = of_grant AND span = 'day' AND starts = day_starts FOR UPDATE;
    END IF;
    taken := greatest(0, least(wanted, minute_left, day_left));
    full_span := CASE WHEN taken = wanted THEN ''
                      WHEN day_left <= minute_left THEN 'day' ELSE 'minute' END;
    UPDATE quota_use SET used = used + taken, refused = refused + wanted - taken
        WHERE grant_id = of_grant
          AND ((minute_limit IS NOT NULL AND span = 'minute' AND starts = minute_starts)
               OR (day_limit IS NOT NULL AND span = 'day' AND starts = day_starts));
END $$;

-- Spans that are over for two days say nothing any more.
CREATE FUNCTION forget_quota_use() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH gone AS (
        DELETE FROM public.quota_use
        WHERE starts < now() - CASE span WHEN 'minute' THEN interval '1 hour'
                                         ELSE interval '48 hours' END
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION take_quota(text, bigint, timestamptz, bigint, timestamptz, bigint)
    FROM PUBLIC;
REVOKE ALL ON FUNCTION forget_quota_use() FROM PUBLIC;
GRANT SELECT ON quota_use TO lt_gateway, lt_archiver;
GRANT EXECUTE ON FUNCTION take_quota(text, bigint, timestamptz, bigint, timestamptz, bigint)
    TO lt_gateway;
GRANT EXECUTE ON FUNCTION forget_quota_use() TO lt_archiver;
