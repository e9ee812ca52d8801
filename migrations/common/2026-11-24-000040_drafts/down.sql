DROP TABLE draft_versions; DROP TABLE approvals; DROP TABLE drafts;
