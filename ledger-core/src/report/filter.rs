//! Which entries something is about: an indicator, an item of a score table.

use super::tree::Tree;
use crate::entry::Entry;
use crate::id::{Code, OrganizationId};
use crate::registry::{CodeList, InstitutionType};
use serde::Deserialize;

/// Entries that fit all of its lists. An empty list takes all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Kinds.
    pub kinds: Vec<Code>,
    /// Subjects.
    pub subjects: Vec<Code>,
    /// Audiences.
    pub audiences: Vec<Code>,
    /// Campaigns.
    pub campaigns: Vec<Code>,
    /// Programmes.
    pub programmes: Vec<Code>,
    /// Types of the organisations that posted.
    pub institution_types: Vec<InstitutionType>,
    /// Organisations that posted, each with all below it.
    pub organizations: Vec<OrganizationId>,
}

impl Filter {
    /// Whether it takes an entry that was posted by a node of the tree.
    #[must_use]
    pub fn takes(&self, entry: &Entry, tree: &Tree, poster: u32) -> bool {
        let among = |list: &[Code], code: Option<&Code>| {
            list.is_empty() || code.is_some_and(|code| list.contains(code))
        };
        let typed = |node: &super::Node| self.institution_types.contains(&node.institution_type);
        let below =
            |node: u32| tree.node(node).is_some_and(|node| self.organizations.contains(&node.organization));
        among(&self.kinds, Some(&entry.kind))
            && among(&self.subjects, entry.subject.as_ref())
            && among(&self.audiences, entry.audience.as_ref())
            && among(&self.campaigns, entry.campaign.as_ref())
            && among(&self.programmes, entry.programme.as_ref())
            && (self.institution_types.is_empty() || tree.node(poster).is_some_and(typed))
            && (self.organizations.is_empty() || tree.upwards(poster).any(below))
    }

    /// The codes it names, each with its list and its path below `at`.
    pub fn codes<'a>(&'a self, at: &'a str) -> impl Iterator<Item = (CodeList, &'a Code, String)> {
        [
            (CodeList::Kinds, &self.kinds),
            (CodeList::Subjects, &self.subjects),
            (CodeList::Audiences, &self.audiences),
            (CodeList::Campaigns, &self.campaigns),
            (CodeList::Programmes, &self.programmes),
        ]
        .into_iter()
        .flat_map(move |(list, codes)| {
            codes.iter().enumerate().map(move |(n, code)| (list, code, format!("{at}.{list}[{n}]")))
        })
    }

    /// What is wrong with it whatever a ledger holds: path below `at`, and mistake.
    #[must_use]
    pub fn mistakes(&self, at: &str) -> Vec<(String, &'static str)> {
        let codes = self.codes(at).filter(|(_, code, _)| Code::parse(code.as_str(), "code").is_err());
        let mut mistakes: Vec<_> = codes.map(|(_, _, path)| (path, "is no code")).collect();
        for (n, organization) in self.organizations.iter().enumerate() {
            if OrganizationId::parse(organization.as_str()).is_err() {
                mistakes.push((format!("{at}.organizations[{n}]"), "is no id of an organisation"));
            }
        }
        mistakes
    }
}
