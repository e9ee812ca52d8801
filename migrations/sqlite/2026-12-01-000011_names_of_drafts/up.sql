-- Of drafts from before: the name that they give, else that of the newest text of the record that is kept.
UPDATE drafts SET name = COALESCE(
    json_extract(body, '$.name'),
    json_extract(body, '$.title'),
    (
        SELECT COALESCE(json_extract(changes.body, '$.name'), json_extract(changes.body, '$.title')) FROM changes
        WHERE changes.kind = drafts.kind AND changes.record_key = drafts.record_key AND changes.body IS NOT NULL
        ORDER BY changes.seq DESC LIMIT 1
    )
);
