-- What was sent to be imported, for as long as it is kept: `state` is checked or applied; `counts` is JSON.
CREATE TABLE imports (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    account_name TEXT NOT NULL,
    state TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    kind TEXT,
    seq BIGINT NOT NULL,
    counts TEXT NOT NULL,
    drafts BIGINT,
    created_at TIMESTAMP NOT NULL,
    applied_at TIMESTAMP
);

CREATE INDEX imports_of_account ON imports (account, id);
CREATE INDEX imports_by_age ON imports (created_at);

-- What belongs to an import, in parts of bounded size, from 0: `rows` and `records` are JSON arrays of objects that name the
-- kind and key of their record, `file` the bytes in Base64.
CREATE TABLE import_parts (
    import TEXT NOT NULL REFERENCES imports (id),
    sort TEXT NOT NULL,
    part INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (import, sort, part)
);
