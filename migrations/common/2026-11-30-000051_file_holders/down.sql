DROP TABLE file_holders;
