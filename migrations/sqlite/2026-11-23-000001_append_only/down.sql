DROP TRIGGER changes_no_update; DROP TRIGGER changes_no_delete;
