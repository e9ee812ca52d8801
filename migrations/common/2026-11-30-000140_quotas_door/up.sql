-- One row. Updating it lets one transaction at a time count what an office has: two that counted at once would each leave out what the
-- other one adds.
CREATE TABLE quotas_door (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    taken BIGINT NOT NULL
);

INSERT INTO quotas_door (id, taken) VALUES (1, 0);
