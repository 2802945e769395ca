-- What the directory refused of this gateway's signed days, each time with its word. A refused
-- day waits on and is told again later; the others are told past it.
CREATE TABLE refused_day (
    day date NOT NULL,
    source text NOT NULL DEFAULT '',
    refused_at timestamptz NOT NULL,
    why text NOT NULL,
    -- The exchange in which it was refused; empty for a day that was not sent.
    message_id text NOT NULL DEFAULT '',
    PRIMARY KEY (day, source, refused_at),
    FOREIGN KEY (day, source) REFERENCES signed_day
);

GRANT SELECT, INSERT ON refused_day TO lt_gateway;
GRANT SELECT ON refused_day TO lt_archiver;
