-- What was refused, which is little of the trail, and is what an auditor asks for: by itself, and of one who did it.
CREATE INDEX audit_refused ON audit (seq) WHERE outcome = 'refused';
CREATE INDEX audit_refused_of_actor ON audit (actor, seq) WHERE outcome = 'refused';
