-- The import that made a draft; the name of its record, or the one that the draft gives it; and what a search finds it by: codes, name,
-- reason and the number of the decision, folded as all searches fold. Of a closed draft they hold nothing that is not public,
-- but for the reason and number of one that was published, which stand in the log.
ALTER TABLE drafts ADD COLUMN import TEXT;
ALTER TABLE drafts ADD COLUMN name TEXT;
ALTER TABLE drafts ADD COLUMN sought TEXT NOT NULL DEFAULT '';
-- Drafts of an import were made by its account at the time that is noted with it, where nothing else was made then. Each is counted
-- with its neighbours: without an index 20,000 of them took two minutes.
CREATE INDEX drafts_made ON drafts (author, created_at);
UPDATE drafts SET import = (
    SELECT MIN(imports.id) FROM imports
    WHERE imports.account = drafts.author AND imports.applied_at = drafts.created_at AND imports.drafts = (
        SELECT COUNT(*) FROM drafts AS others WHERE others.author = drafts.author AND others.created_at = drafts.created_at
    )
);
DROP INDEX drafts_made;
CREATE INDEX drafts_of_import ON drafts (import);
-- Those from before, which the service fills in when it has started.
CREATE INDEX drafts_not_sought ON drafts (id) WHERE sought = '';
