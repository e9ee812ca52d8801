//! Promises that hold even where somebody means ill: nothing of the log is altered unseen, nothing of a draft or of what was
//! erased gets out.

mod proofs;
mod verify;
mod witnesses;
mod log_keys;
mod tampering;
mod forks;
mod leaks;
mod hostile;
