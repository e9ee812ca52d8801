-- The rule of the log, with the columns that it has gained.
DROP TRIGGER changes_no_update;

CREATE TRIGGER changes_no_update BEFORE UPDATE ON changes
WHEN NEW.seq IS NOT OLD.seq OR NEW.publication IS NOT OLD.publication OR NEW.kind IS NOT OLD.kind
    OR NEW.record_key IS NOT OLD.record_key OR NEW.revision IS NOT OLD.revision OR NEW.action IS NOT OLD.action
    OR NEW.published_at IS NOT OLD.published_at OR NEW.by_office IS NOT OLD.by_office
    OR NEW.channels IS NOT OLD.channels OR NEW.reason IS NOT OLD.reason OR NEW.document IS NOT OLD.document
    OR NEW.successor IS NOT OLD.successor OR NEW.body_digest IS NOT OLD.body_digest
    OR NEW.source IS NOT OLD.source OR NEW.source_seq IS NOT OLD.source_seq
    OR NEW.body IS NOT NULL OR NEW.salt IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'the log of changes is append-only');
END;
