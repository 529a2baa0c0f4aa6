//! The console, as a browser meets it: over HTTP, against a bank in this process or the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod approvals;
mod browser;
mod class_list;
mod district;
mod forms;
mod pages;
mod papers;
mod scope;
mod sign_in;
