//! Writes down the methods of the API as Rust: one variant each, so that a table that forgets one does not compile, and
//! the texts of every message by their path, so that the table names fields and nobody reads them out by hand.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const PACKAGE: &str = ".creditbank.v1.";

/// The source of `methods.rs`.
pub fn source(descriptors: &FileDescriptorSet) -> Result<String, std::fmt::Error> {
    let files = || descriptors.file.iter().filter(|file| file.package() == "creditbank.v1");
    let messages: BTreeMap<String, &DescriptorProto> = files()
        .flat_map(|file| &file.message_type)
        .map(|message| (format!("{PACKAGE}{}", message.name()), message))
        .collect();
    let mut methods = Vec::new();
    for service in files().flat_map(|file| &file.service) {
        for method in &service.method {
            let path = format!("/creditbank.v1.{}/{}", service.name(), method.name());
            let service = service.name().trim_end_matches("Service");
            methods.push((format!("{service}{}", method.name()), path, method.input_type()));
        }
    }
    let mut out = String::new();
    writeln!(out, "/// A method of the API.")?;
    writeln!(out, "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]")?;
    writeln!(out, "pub enum Method {{")?;
    for (variant, path, _) in &methods {
        writeln!(out, "    /// `{path}`.\n    {variant},")?;
    }
    writeln!(out, "}}\n\nimpl Method {{")?;
    writeln!(out, "    /// All methods, in the order of their services.")?;
    let all: Vec<String> = methods.iter().map(|(variant, ..)| format!("Method::{variant}")).collect();
    writeln!(out, "    pub const ALL: &'static [Method] = &[{}];\n", all.join(", "))?;
    writeln!(out, "    /// The path that it is called by.\n    #[must_use]")?;
    writeln!(out, "    pub fn path(self) -> &'static str {{\n        match self {{")?;
    for (variant, path, _) in &methods {
        writeln!(out, "            Method::{variant} => \"{path}\",")?;
    }
    writeln!(out, "        }}\n    }}\n\n    /// The method of a path.\n    #[must_use]")?;
    writeln!(out, "    pub fn of(path: &str) -> Option<Method> {{\n        match path {{")?;
    for (variant, path, _) in &methods {
        writeln!(out, "            \"{path}\" => Some(Method::{variant}),")?;
    }
    writeln!(out, "            _ => None,\n        }}\n    }}\n}}")?;
    let mut wanted: BTreeSet<&str> = BTreeSet::new();
    for (variant, _, input) in &methods {
        let name = input.trim_start_matches(PACKAGE);
        writeln!(out, "\nimpl Asks for {name} {{\n    const METHOD: Method = Method::{variant};\n}}")?;
        reach(&messages, input, &mut wanted);
    }
    for (name, message) in messages.iter().filter(|(name, _)| wanted.contains(name.as_str())) {
        texts(&mut out, &messages, name.trim_start_matches(PACKAGE), message)?;
    }
    Ok(out)
}

/// A message and all that it holds.
fn reach<'a>(messages: &'a BTreeMap<String, &DescriptorProto>, name: &str, wanted: &mut BTreeSet<&'a str>) {
    let Some((name, message)) = messages.get_key_value(name) else { return };
    if wanted.insert(name) {
        for field in fields(message).filter(|field| field.r#type() == Type::Message) {
            reach(messages, field.type_name(), wanted);
        }
    }
}

/// Fields that are not one of several.
fn fields(message: &DescriptorProto) -> impl Iterator<Item = &FieldDescriptorProto> {
    message.field.iter().filter(|field| field.oneof_index.is_none() || field.proto3_optional())
}

fn texts(
    out: &mut String,
    messages: &BTreeMap<String, &DescriptorProto>,
    name: &str,
    message: &DescriptorProto,
) -> std::fmt::Result {
    let mut read = String::new();
    let mut written = String::new();
    for field in fields(message) {
        let name = field.name();
        let member = if name == "type" { "r#type" } else { name };
        let many = field.label() == Label::Repeated;
        match field.r#type() {
            Type::String if many => {
                writeln!(
                    read,
                    "            (\"{name}\", None) => for (n, text) in self.{member}.iter().enumerate() {{ found.push((index.or(Some(n)), text)); }},"
                )?;
            }
            Type::String if field.proto3_optional() => {
                writeln!(
                    read,
                    "            (\"{name}\", None) => found.extend(self.{member}.as_deref().map(|text| (index, text))),"
                )?;
            }
            Type::String => {
                writeln!(read, "            (\"{name}\", None) => found.push((index, &self.{member})),")?;
                writeln!(written, "            \"{name}\" => Some(&mut self.{member}),")?;
            }
            Type::Message if messages.contains_key(field.type_name()) && many => {
                writeln!(
                    read,
                    "            (\"{name}\", Some(rest)) => for (n, inner) in self.{member}.iter().enumerate() {{ inner.texts(rest, index.or(Some(n)), found); }},"
                )?;
            }
            Type::Message if messages.contains_key(field.type_name()) => {
                writeln!(
                    read,
                    "            (\"{name}\", Some(rest)) => if let Some(inner) = &self.{member} {{ inner.texts(rest, index, found); }},"
                )?;
            }
            _ => {}
        }
    }
    writeln!(out, "\nimpl Texts for {name} {{")?;
    writeln!(
        out,
        "    fn texts<'a>(&'a self, path: &str, index: Option<usize>, found: &mut Vec<(Option<usize>, &'a str)>) {{"
    )?;
    writeln!(
        out,
        "        match head(path) {{\n{read}            _ => {{\n                let _ = (index, found);\n            }}\n        }}\n    }}\n"
    )?;
    writeln!(out, "    fn text_mut(&mut self, name: &str) -> Option<&mut String> {{")?;
    writeln!(out, "        match name {{\n{written}            _ => None,\n        }}\n    }}\n}}")
}
