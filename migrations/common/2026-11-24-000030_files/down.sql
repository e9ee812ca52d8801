DROP TABLE files_door; DROP TABLE file_parts; DROP TABLE files;
