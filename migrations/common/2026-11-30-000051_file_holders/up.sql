-- Who may read a file before it is public: who sent it, or named it in a draft while they might read it. `media_type` is as they sent
-- it: by content, a table and a text are the same. Files from before this have the account '', which stands
-- for everybody. `office` is whose quota it counts against
-- that it was sent at this time: the organisation or the division of who sent it.
CREATE TABLE file_holders (
    hash TEXT NOT NULL,
    account TEXT NOT NULL,
    media_type TEXT,
    office TEXT NOT NULL DEFAULT '',
    at TIMESTAMP,
    PRIMARY KEY (hash, account)
);
INSERT INTO file_holders (hash, account) SELECT hash, '' FROM files;
CREATE INDEX file_holders_of_office ON file_holders (office, at);
