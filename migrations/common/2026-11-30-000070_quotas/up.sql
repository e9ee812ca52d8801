-- Against whose quota something counts: the organisation or the division of who sent it. `kept` is what an import takes, in bytes.
ALTER TABLE imports ADD COLUMN office TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN kept BIGINT NOT NULL DEFAULT 0;
CREATE INDEX imports_of_office ON imports (office);
CREATE INDEX drafts_of_office ON drafts (organisation, division, state);
