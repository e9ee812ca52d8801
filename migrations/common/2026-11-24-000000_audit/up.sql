-- One row. Updating it takes the lock that makes `audit.seq` gapless and the chain unbroken.
CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);

INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- Append-only: who did or tried what. `hash` = hex SHA-256 of the canonical JSON of the row's other columns, `previous`
-- among them, which is the `hash` of the row before. `detail` is JSON. Never a secret, a token or a body.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    actor TEXT,
    address TEXT,
    request_id TEXT,
    action TEXT NOT NULL,
    subject TEXT,
    organisation TEXT,
    division TEXT,
    outcome TEXT NOT NULL,
    problem TEXT,
    detail TEXT,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);

CREATE INDEX audit_of_actor ON audit (actor, seq);
CREATE INDEX audit_of_subject ON audit (subject, seq);
