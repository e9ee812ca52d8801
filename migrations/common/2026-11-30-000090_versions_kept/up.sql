-- What a kept text of a draft takes, in bytes, and whose the draft was when it was written: of the versions of a draft, and of those of
-- an office, the oldest are dropped beyond a bound. Of texts of before, characters are counted.
ALTER TABLE draft_versions ADD COLUMN office TEXT NOT NULL DEFAULT '';
ALTER TABLE draft_versions ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE draft_versions SET
    office = COALESCE((SELECT COALESCE(organisation, division, '') FROM drafts WHERE drafts.id = draft_versions.draft), ''),
    bytes = COALESCE(LENGTH(content), 0);
CREATE INDEX draft_versions_of_office ON draft_versions (office, at, bytes);
