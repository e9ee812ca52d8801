DROP TRIGGER audit_no_truncate ON audit; DROP TRIGGER audit_append_only ON audit; DROP FUNCTION audit_append_only();
