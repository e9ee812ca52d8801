ALTER TABLE accounts_head DROP COLUMN administrators_watch;
ALTER TABLE accounts DROP COLUMN password_by;
ALTER TABLE accounts DROP COLUMN pending;
