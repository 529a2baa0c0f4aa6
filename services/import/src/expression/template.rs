//! Templates: `ou-{id_student}`, `{term|first:4}-{term|last:1|map:month}`. Text with placeholders; a placeholder is a
//! name of the mapping with filters behind it.
//!
//! A template in which any placeholder is empty is empty as a whole: a blank cell never becomes half an id such as
//! `ou-`. Where a blank is meant, `{note|or:-}` says so.

use super::filter::Filter;
use std::collections::HashMap;

/// The place of a named value in a row's memory: a column, a computed value or a cell of a look-up table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Slot(pub(crate) usize);

/// A part of a template.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    Value { slot: Slot, filters: Vec<Filter> },
}

/// A parsed template, with the place in the mapping where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) path: String,
    pub(crate) pieces: Vec<Piece>,
}

/// Finds what a placeholder names.
pub(crate) trait Resolve {
    /// The slot of a name.
    ///
    /// # Errors
    /// The sentence that tells what to mend.
    fn slot(&mut self, name: &str) -> Result<Slot, String>;
    /// The maps by name.
    fn maps(&self) -> &HashMap<String, usize>;
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// The sentence that tells what to mend.
    pub(crate) fn parse(path: &str, text: &str, names: &mut impl Resolve) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                literal.push_str(&from[..1]);
                rest = after;
                continue;
            }
            let Some((inside, after)) = from.strip_prefix('{').and_then(|inner| inner.split_once('}')) else {
                return Err("大括號不成對；要寫大括號本身請寫兩次（{{、}}）。\
                            A brace has no partner; a brace itself is written twice."
                    .to_owned());
            };
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(placeholder(inside, names)?);
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Template { path: path.to_owned(), pieces })
    }

    /// The text, where there is no placeholder in it.
    pub(crate) fn constant(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The slots it reads.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value { slot, .. } => Some(*slot),
            Piece::Text(_) => None,
        })
    }
}

fn placeholder(inside: &str, names: &mut impl Resolve) -> Result<Piece, String> {
    let mut parts = inside.split('|');
    let slot = names.slot(parts.next().unwrap_or_default().trim())?;
    let filters = parts.map(|part| Filter::parse(part, names.maps())).collect::<Result<_, _>>()?;
    Ok(Piece::Value { slot, filters })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known(HashMap<String, usize>);

    impl Resolve for Known {
        fn slot(&mut self, name: &str) -> Result<Slot, String> {
            ["a", "課程"]
                .iter()
                .position(|known| *known == name)
                .map(Slot)
                .ok_or_else(|| format!("no {name}"))
        }
        fn maps(&self) -> &HashMap<String, usize> {
            &self.0
        }
    }

    fn parse(text: &str) -> Result<Template, String> {
        Template::parse("entry.x", text, &mut Known(HashMap::new()))
    }

    #[test]
    fn literals_placeholders_and_doubled_braces() {
        let template = parse("x-{a|lower|pad:3}/{課程}").unwrap();
        assert_eq!(template.slots().collect::<Vec<_>>(), [Slot(0), Slot(1)]);
        assert_eq!(template.constant(), None);
        assert_eq!(parse("{{a}}").unwrap().constant(), Some("{a}"));
        assert_eq!(parse("").unwrap().constant(), Some(""));
    }

    #[test]
    fn mistakes_are_told() {
        for wrong in ["{a", "a}", "{}", "{b}", "{a|shout}", "{a|first}", "{a}}"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
