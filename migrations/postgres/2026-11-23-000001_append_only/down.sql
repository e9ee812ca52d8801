DROP TRIGGER changes_no_truncate ON changes; DROP TRIGGER changes_append_only ON changes; DROP FUNCTION changes_append_only();
