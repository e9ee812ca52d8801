-- A draft that belonged nowhere was everybody's who answers for a division: it is for who answers for everything.
UPDATE drafts SET organisation = '' WHERE organisation IS NULL AND division IS NULL AND state NOT IN ('published', 'discarded');
-- Of a record that is new each office may have a draft: what no two drafts share says whose it is.
UPDATE drafts SET open_record = open_record || '@' || COALESCE(organisation, division, '')
WHERE action = 'create' AND open_record IS NOT NULL AND open_record NOT LIKE '%@%';
