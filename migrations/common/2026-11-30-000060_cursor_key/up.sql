-- What cursors are authenticated with, by every replica: a cursor that the register did not give out is refused.
ALTER TABLE changes_head ADD COLUMN cursor_key TEXT;
