-- The accounts that wrote any of a draft's text, as JSON: none of them approves or publishes it.
ALTER TABLE drafts ADD COLUMN writers TEXT NOT NULL DEFAULT '[]';
