UPDATE drafts SET open_record = kind || '/' || record_key WHERE action = 'create' AND open_record IS NOT NULL;
UPDATE drafts SET organisation = NULL WHERE organisation = '';
