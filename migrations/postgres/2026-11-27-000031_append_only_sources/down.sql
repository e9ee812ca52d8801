CREATE OR REPLACE FUNCTION changes_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.body IS NULL AND NEW.salt IS NULL
        AND (NEW.seq, NEW.publication, NEW.kind, NEW.record_key, NEW.revision, NEW.action, NEW.published_at,
             NEW.by_office, NEW.channels, NEW.reason, NEW.document, NEW.successor, NEW.body_digest)
            IS NOT DISTINCT FROM
            (OLD.seq, OLD.publication, OLD.kind, OLD.record_key, OLD.revision, OLD.action, OLD.published_at,
             OLD.by_office, OLD.channels, OLD.reason, OLD.document, OLD.successor, OLD.body_digest)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the log of changes is append-only';
END;
$$;
