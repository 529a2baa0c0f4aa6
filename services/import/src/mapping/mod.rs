//! Mappings: which column means what. Written once for a school's sheet, kept with it, and read by `docs/import.md`.

mod compile;
mod document;
pub(crate) mod field;
mod names;
pub(crate) mod plan;
mod rules;

pub(crate) use document::Residents;

use crate::error::{MappingError, Mistake};
use plan::Plan;
use std::sync::Arc;

/// A mapping, checked and compiled. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mapping {
    plan: Arc<Plan>,
}

impl Mapping {
    /// Reads a mapping from its TOML text; `docs/import.md` describes it.
    ///
    /// # Errors
    /// All mistakes that were found, each by its path.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let document = toml::from_str(text).map_err(|error| not_a_mapping(text, error))?;
        Ok(Mapping { plan: Arc::new(compile::compile(document)?) })
    }

    /// The mapping's name: the beginning of the request ids it makes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.plan.id
    }

    /// Whether it opens accounts.
    #[must_use]
    pub fn opens_accounts(&self) -> bool {
        self.plan.register.residents != Residents::None
    }

    /// Whether it registers courses or organisations.
    #[must_use]
    pub fn registers(&self) -> bool {
        self.plan.register.course.is_some() || !self.plan.register.organizations.is_empty()
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}

/// A mistake that TOML or serde found: the first only, with its line and the keys that lead to it.
fn not_a_mapping(text: &str, mut error: toml::de::Error) -> MappingError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let found = error.message().to_owned();
    // Without its input the error names the keys instead of drawing the line.
    error.set_input(None);
    let shown = error.to_string();
    let keys = shown.rsplit_once("\nin `").map(|(_, keys)| keys.trim_end().trim_end_matches('`').to_owned());
    let path = keys.map_or_else(|| format!("line {line}"), |keys| format!("{keys} (line {line})"));
    MappingError {
        mistakes: vec![Mistake {
            path,
            message: format!(
                "對照檔這裡寫得不對，請照 docs/import.md 改正。Mend this as docs/import.md shows: {found}."
            ),
        }],
    }
}

#[cfg(test)]
mod tests;
