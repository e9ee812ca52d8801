-- Comments on drafts may quote the record. Those on closed drafts of a record of which a text was erased before this go whole; approvals
-- and the trail still say who took which step when. What is left of them has to leave the disk: one more erasure waits for that.
UPDATE drafts SET comments = '[]', alert = NULL
WHERE state IN ('published', 'discarded') AND EXISTS (
    SELECT 1 FROM changes
    WHERE changes.action = 'erase' AND changes.kind = drafts.kind AND changes.record_key = drafts.record_key
);
UPDATE drafts SET reason = NULL, document = NULL
WHERE state = 'discarded' AND EXISTS (
    SELECT 1 FROM changes
    WHERE changes.action = 'erase' AND changes.kind = drafts.kind AND changes.record_key = drafts.record_key
);
UPDATE scrub SET
    asked = asked + 1,
    since = COALESCE(since, (SELECT MIN(published_at) FROM changes WHERE action = 'erase'))
WHERE EXISTS (SELECT 1 FROM changes WHERE action = 'erase');
