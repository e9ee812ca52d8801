DROP TABLE quotas_door;
