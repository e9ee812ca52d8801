-- Grants that another administrator has still to confirm, as JSON: they permit nothing.
ALTER TABLE accounts ADD COLUMN pending TEXT NOT NULL DEFAULT '[]';

-- Who set the password, when it was not its owner: it permits nothing but to be changed.
ALTER TABLE accounts ADD COLUMN password_by TEXT;

-- Whether there has ever been more than one administrator: none of them makes himself the only one again by disabling the others.
ALTER TABLE accounts_head ADD COLUMN administrators_watch BOOLEAN NOT NULL DEFAULT FALSE;

-- The trail knows whose last password was not their own choice.
UPDATE accounts SET password_by = (
    SELECT audit.actor FROM audit
    WHERE audit.action <> 'me.password' AND audit.seq = (
        SELECT MAX(line.seq) FROM audit line
        WHERE line.subject = 'user/' || accounts.name AND line.outcome = 'done'
        AND line.action IN ('user.create', 'user.password', 'me.password')
    )
) WHERE kind = 'person' AND secret IS NOT NULL;
