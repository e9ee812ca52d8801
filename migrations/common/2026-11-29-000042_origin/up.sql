-- The name of the log, once a checkpoint of it could be given out: whoever has the database without the keys finds that there were some.
ALTER TABLE changes_head ADD COLUMN origin TEXT;
