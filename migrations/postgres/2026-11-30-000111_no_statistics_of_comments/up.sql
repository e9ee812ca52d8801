-- Comments, reasons, documents and alerts of drafts may quote a record, too: no samples of them are kept where no erasure reaches them.
ALTER TABLE drafts
    ALTER COLUMN comments TYPE TEXT, ALTER COLUMN comments SET STATISTICS 0,
    ALTER COLUMN reason TYPE TEXT, ALTER COLUMN reason SET STATISTICS 0,
    ALTER COLUMN document TYPE TEXT, ALTER COLUMN document SET STATISTICS 0,
    ALTER COLUMN alert TYPE TEXT, ALTER COLUMN alert SET STATISTICS 0;
