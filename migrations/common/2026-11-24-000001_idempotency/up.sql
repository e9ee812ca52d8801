-- Answers of POST requests that came with an Idempotency-Key, kept for 24 hours and written in the transaction of what
-- they answer. `fingerprint` = hex SHA-256 of method, address and body; `headers` is JSON; `record` is the kind and key
-- that the body tells of, so that an erasure finds it.
CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT,
    record TEXT,
    PRIMARY KEY (caller, idempotency_key)
);

CREATE INDEX idempotency_at ON idempotency (at);
