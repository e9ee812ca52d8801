//! Signed-in people and systems: each does only what they may, a draft becomes public after two approvals, and all
//! of it is in the trail.

mod sessions;
mod tokens;
mod external;
mod accounts;
mod matrix;
mod requests;
mod proxies;
mod shut_out;
mod audit;
mod manual;
mod drafts;
mod tasks;
mod draft_bodies;
mod bulk;
mod interleavings;
mod races;
mod publishing;
mod reinstatement;
mod copies;
mod quality;
mod files;
