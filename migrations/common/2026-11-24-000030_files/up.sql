-- Forms, samples and annexes by the SHA-256 of their bytes (hex). `at` is when the file was last sent: what nothing names
-- is kept for a day after that. Publishing something that names a file updates its row, so that no sweep comes between.
CREATE TABLE files (
    hash TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    name TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);

CREATE INDEX files_at ON files (at);

-- The bytes in Base64, in parts of bounded size, from 0.
CREATE TABLE file_parts (
    hash TEXT NOT NULL,
    part INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (hash, part)
);

-- One row. Updating it lets one new file in at a time, so that the same file sent twice at once is stored once.
CREATE TABLE files_door (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    taken BIGINT NOT NULL
);

INSERT INTO files_door (id, taken) VALUES (1, 0);
