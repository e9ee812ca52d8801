-- Who is told of publications. The log is the outbox: `delivered_to` is the seq up to which everything that is of interest
-- was delivered, so a publication writes nothing here and a replay sets a number back. `interest` is JSON. Secrets stand as
-- they are, because messages are signed with them. Staff write the columns up to `disabled_at`, the process that holds the
-- lease writes the others; what staff do to those ends the lease. `test` is the id of a test message that waits.
CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    interest TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    disabled_because TEXT,
    disabled_at TIMESTAMP,
    delivered_to BIGINT NOT NULL,
    replays BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    failing_since TIMESTAMP,
    due_at TIMESTAMP,
    test TEXT,
    attempts BIGINT NOT NULL,
    lease TEXT,
    lease_until TIMESTAMP
);

-- What was sent when, numbered for each webhook from 1, and what came of it. Never what was sent: an erasure must not have
-- to look for it here.
CREATE TABLE webhook_attempts (
    webhook TEXT NOT NULL REFERENCES webhooks (id),
    number BIGINT NOT NULL,
    message TEXT NOT NULL,
    first_seq BIGINT,
    last_seq BIGINT,
    changes INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    duration_ms BIGINT NOT NULL,
    status INTEGER,
    failure TEXT,
    next_at TIMESTAMP,
    PRIMARY KEY (webhook, number)
);

CREATE INDEX webhook_attempts_at ON webhook_attempts (at);
