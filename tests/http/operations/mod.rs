//! The operation of servers: both databases, several servers, kills, copies, disks and limits.

mod databases;
mod replicas;
mod crash;
mod backup;
mod disk;
mod edge;
mod limits;
