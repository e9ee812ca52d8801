-- Of drafts from before: the name that they give, else that of the newest text of the record that is kept. What a search finds them by
-- is folded by letters alone, until they are saved again.
UPDATE drafts SET name = COALESCE(
    json_extract(body, '$.name'),
    json_extract(body, '$.title'),
    (
        SELECT COALESCE(json_extract(changes.body, '$.name'), json_extract(changes.body, '$.title')) FROM changes
        WHERE changes.kind = drafts.kind AND changes.record_key = drafts.record_key AND changes.body IS NOT NULL
        ORDER BY changes.seq DESC LIMIT 1
    )
);
UPDATE drafts SET sought = LOWER(COALESCE(record_key, '') || ' ' || COALESCE(name, '') || ' ' || COALESCE(reason, ''));
