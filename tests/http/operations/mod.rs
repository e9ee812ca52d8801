//! What whoever runs a server relies on: both databases, several servers, kills, copies, disks and limits.

mod databases;
mod replicas;
mod crash;
mod backup;
mod disk;
mod edge;
mod limits;
