ALTER TABLE changes_head DROP COLUMN cursor_key;
