-- One row. Updating it makes changes of accounts wait for each other, so that "the last administrator" is counted once.
CREATE TABLE accounts_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);

INSERT INTO accounts_head (id, version) VALUES (1, 0);

-- People and service clients. `name` is the username or the client id. `secret` is a password as an argon2id PHC string,
-- or the hex SHA-256 of a client's secret, which is random; NULL: nobody can sign in. `grants` is JSON. Never deleted: the
-- audit trail and the drafts name them.
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'client')),
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    organisation TEXT,
    grants TEXT NOT NULL,
    secret TEXT,
    disabled_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    last_sign_in_at TIMESTAMP
);

-- Somebody is signed in: from sign-in to sign-out, or until `expires_at`. Every access token names one.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    ended_because TEXT
);

CREATE INDEX sessions_of_account ON sessions (account);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- The refresh tokens of a session, by the hex SHA-256 of each. One that comes a second time ends the session.
CREATE TABLE refresh_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);

CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session);

-- Failures to sign in, by what they were tried on (`account:li`) and where they came from (`address:192.0.2.7`).
CREATE TABLE sign_in_failures (
    subject TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at TIMESTAMP NOT NULL,
    wait_until TIMESTAMP NOT NULL
);

CREATE INDEX sign_in_failures_last ON sign_in_failures (last_at);

-- The public keys (Ed25519, base64url) of every replica: what one signs, all accept. The private ones are files.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    retired_at TIMESTAMP
);
