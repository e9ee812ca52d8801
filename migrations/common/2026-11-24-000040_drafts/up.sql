-- Proposed revisions of records, seen by staff only. `open_record` is kind/key while the draft is open: a record has one
-- open draft at a time. `body`, `document`, `channels`, `comments`, `scheduled_by` and `alert` are JSON. `version` grows
-- with every change of the draft, whether of its text or of its state. A draft that is published or discarded keeps no body.
CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    record_key TEXT,
    open_record TEXT UNIQUE,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    base_revision BIGINT,
    body TEXT,
    successor TEXT,
    revision BIGINT,
    reason TEXT,
    document TEXT,
    channels TEXT NOT NULL,
    organisation TEXT,
    division TEXT,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    submitter TEXT,
    submitter_name TEXT,
    comments TEXT NOT NULL,
    effective_at TIMESTAMP,
    batch TEXT,
    scheduled_by TEXT,
    alert TEXT,
    publication BIGINT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE INDEX drafts_by_state ON drafts (state, effective_at);
CREATE INDEX drafts_of_record ON drafts (kind, record_key);

-- The two reviews. `digest` is that of the text that was approved.
CREATE TABLE approvals (
    draft TEXT NOT NULL REFERENCES drafts (id),
    review TEXT NOT NULL,
    approver TEXT NOT NULL,
    approver_name TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (draft, review)
);

-- What was done to an open draft, to tell a stale client who changed what since. `content` is JSON, where a step changed it.
CREATE TABLE draft_versions (
    draft TEXT NOT NULL REFERENCES drafts (id),
    version BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    by_name TEXT NOT NULL,
    step TEXT NOT NULL,
    content TEXT,
    PRIMARY KEY (draft, version)
);
