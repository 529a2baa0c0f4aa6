//! The console, as a browser meets it: over HTTP, against a bank in this process or the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod approvals;
mod badges;
mod class_list;
#[path = "../../../services/import/tests/hostile/files.rs"]
#[allow(dead_code, reason = "the tests of imports use the rest")]
mod files;
mod forms;
mod lists;
#[path = "../../../services/import/tests/made/mod.rs"]
#[allow(dead_code, reason = "the tests of imports use the rest")]
mod made;
mod pages;
mod papers;
mod rules;
mod scope;
mod selection;
mod sign_in;
mod upload;
