//! What must be registered before the first entry is posted: organisations, courses, versions, approvals, accounts.
//!
//! It is collected while the rows are judged. A caller goes over the rows once to count and to collect, registers, and
//! goes over them again to post.

pub(crate) mod needs;
pub(crate) mod registry;

use creditbank_grpc::proto::{
    ApproveCourseVersionRequest, BatchCreateResidentsRequest, CreateCourseRequest,
    CreateCourseVersionRequest, CreateOrganizationRequest,
};

/// Requests to send in this order, each list in its own. Registering the same thing again changes nothing; the
/// request ids are made of the content, so that the same file asks the same.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Registration {
    /// Organisations, as the mapping lists them: those above first.
    pub organizations: Vec<CreateOrganizationRequest>,
    /// Courses, in order of their first row.
    pub courses: Vec<CreateCourseRequest>,
    /// Versions, in order of their first row.
    pub versions: Vec<CreateCourseVersionRequest>,
    /// Approvals, each for the widest span that its rows ask for.
    pub approvals: Vec<ApproveCourseVersionRequest>,
    /// Accounts to open, up to 1,000 a request, in order of organisation and id.
    pub residents: Vec<BatchCreateResidentsRequest>,
}

impl Registration {
    /// How many residents' accounts it opens, each counted once.
    #[must_use]
    pub fn resident_count(&self) -> usize {
        self.residents.iter().map(|batch| batch.resident_ids.len()).sum()
    }
}
