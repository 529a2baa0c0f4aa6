//! Papers as their readers get them: text, pixels, codes and fonts of the PDF.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod glyphs;
mod layout;
