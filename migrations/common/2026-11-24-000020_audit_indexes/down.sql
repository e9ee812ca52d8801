DROP INDEX audit_at; DROP INDEX audit_of_action; DROP INDEX audit_of_organisation;
