ALTER TABLE changes_head DROP COLUMN origin;
