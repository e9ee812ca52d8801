-- What the trail is searched by. `seq` follows, since lines are shown in its order.
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_of_action ON audit (action, seq);
CREATE INDEX audit_of_organisation ON audit (organisation, seq);
