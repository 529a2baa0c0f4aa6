//! The console in the hands of its users: headless Chromium, driven by WebDriver, against a bank in this process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod chromium;
mod counter;
mod driver;
mod guide;
mod keyboard;
mod language;
mod look;
mod picture;
mod resident;
mod rules;
mod selection;
mod upload;
