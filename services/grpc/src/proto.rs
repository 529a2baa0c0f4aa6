//! The generated API. What its messages mean is documented in `proto/`.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

tonic::include_proto!("creditbank.v1");

/// A message whose texts are found by their path: `entry.organization`, say.
pub(crate) trait Texts {
    /// The texts at a path; where it leads through a list, each with the number of its item.
    fn texts<'a>(&'a self, path: &str, index: Option<usize>, found: &mut Vec<(Option<usize>, &'a str)>);
    /// A text of the message itself.
    fn text_mut(&mut self, name: &str) -> Option<&mut String>;
}

/// The message that a method is asked with.
pub(crate) trait Asks: Texts {
    /// The method.
    const METHOD: Method;
}

/// The first part of a path, and the rest.
fn head(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)))
}

include!(concat!(env!("OUT_DIR"), "/methods.rs"));

/// The descriptors of the API, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
