-- As on SQLite. No samples of these texts are kept where no erasure reaches them.
UPDATE drafts SET name = COALESCE(
    body::json ->> 'name',
    body::json ->> 'title',
    (
        SELECT COALESCE(changes.body::json ->> 'name', changes.body::json ->> 'title') FROM changes
        WHERE changes.kind = drafts.kind AND changes.record_key = drafts.record_key AND changes.body IS NOT NULL
        ORDER BY changes.seq DESC LIMIT 1
    )
);
ALTER TABLE drafts ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN sought SET STATISTICS 0;
