-- A file is its bytes. What it is called is said by the record that names it, which two people have approved.
ALTER TABLE files DROP COLUMN name;
