-- Who may read a file before it is public: who sent it, or named it in a draft while they might read it. `media_type` is as they sent
-- it: by content, a table and a text are the same. Of files from before this there are none.
CREATE TABLE file_holders (
    hash TEXT NOT NULL,
    account TEXT NOT NULL,
    media_type TEXT,
    PRIMARY KEY (hash, account)
);
