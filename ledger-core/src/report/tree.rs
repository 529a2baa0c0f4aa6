//! The tree of organisations that a report is rolled up by.

use crate::id::OrganizationId;
use crate::quantity::Position;
use crate::registry::{InstitutionType, OrganizationRecord};
use rustc_hash::FxHashMap;

/// An organisation of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub organization: OrganizationId,
    /// What people call it.
    pub display_name: String,
    /// What it is.
    pub institution_type: InstitutionType,
    /// The node above it; none of a root.
    pub parent: Option<u32>,
    /// Levels below the root.
    pub depth: u32,
}

/// Organisations, each behind the one above it, siblings in order of id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    index: FxHashMap<OrganizationId, u32>,
}

impl Tree {
    /// The tree below an organisation, or of all where none is named, as it was at a position.
    #[must_use]
    pub fn of(records: Vec<OrganizationRecord>, root: Option<&OrganizationId>, at: Position) -> Tree {
        let mut below: FxHashMap<Option<OrganizationId>, Vec<OrganizationRecord>> = FxHashMap::default();
        let mut roots = Vec::new();
        for record in records.into_iter().filter(|record| record.registered_at <= at) {
            match root {
                Some(root) if record.organization.organization == *root => roots.push(record),
                Some(_) if record.organization.parent.is_none() => {}
                None if record.organization.parent.is_none() => roots.push(record),
                _ => below.entry(record.organization.parent.clone()).or_default().push(record),
            }
        }
        let by_id = |records: &mut Vec<OrganizationRecord>| {
            records.sort_unstable_by(|a, b| b.organization.organization.cmp(&a.organization.organization));
        };
        by_id(&mut roots);
        let mut tree = Tree::default();
        // The next to take up is the last: siblings stand in falling order.
        let mut open: Vec<(OrganizationRecord, Option<u32>)> =
            roots.into_iter().map(|root| (root, None)).collect();
        while let Some((record, parent)) = open.pop() {
            let number = u32::try_from(tree.nodes.len()).unwrap_or(u32::MAX);
            let id = record.organization.organization;
            let depth = parent.and_then(|parent| tree.node(parent)).map_or(0, |parent| parent.depth + 1);
            tree.index.insert(id.clone(), number);
            tree.nodes.push(Node {
                organization: id.clone(),
                display_name: record.organization.display_name.to_string(),
                institution_type: record.organization.institution_type,
                parent,
                depth,
            });
            let mut children = below.remove(&Some(id)).unwrap_or_default();
            by_id(&mut children);
            open.extend(children.into_iter().map(|child| (child, Some(number))));
        }
        tree
    }

    /// The nodes, each behind the one above it.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node by number.
    #[must_use]
    pub fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }

    /// The number of an organisation; none where it is not in the tree.
    #[must_use]
    pub fn number(&self, organization: &OrganizationId) -> Option<u32> {
        self.index.get(organization).copied()
    }

    /// A node and all above it, nearest first.
    pub fn upwards(&self, number: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(number), |number| self.node(*number)?.parent)
    }

    /// The nodes right below one.
    pub fn children(&self, number: u32) -> impl Iterator<Item = u32> {
        (0_u32..)
            .zip(&self.nodes)
            .filter(move |(_, node)| node.parent == Some(number))
            .map(|(child, _)| child)
    }
}
