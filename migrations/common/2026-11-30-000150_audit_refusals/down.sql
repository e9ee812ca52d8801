DROP INDEX audit_refused_of_actor;
DROP INDEX audit_refused;
