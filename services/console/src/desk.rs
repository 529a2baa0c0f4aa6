//! The way to the ledger: the gRPC door in this process, with the token of whoever is signed in. What a page may show is
//! decided there, by the table of docs/access.md, and nowhere else.

use crate::stop::Stop;
use creditbank_grpc::proto::access_service_client::AccessServiceClient;
use creditbank_grpc::proto::account_service_client::AccountServiceClient;
use creditbank_grpc::proto::badge_service_client::BadgeServiceClient;
use creditbank_grpc::proto::correction_service_client::CorrectionServiceClient;
use creditbank_grpc::proto::directory_service_client::DirectoryServiceClient;
use creditbank_grpc::proto::evaluation_service_client::EvaluationServiceClient;
use creditbank_grpc::proto::household_service_client::HouseholdServiceClient;
use creditbank_grpc::proto::identity_service_client::IdentityServiceClient;
use creditbank_grpc::proto::ledger_service_client::LedgerServiceClient;
use creditbank_grpc::proto::policy_service_client::PolicyServiceClient;
use creditbank_grpc::proto::registry_service_client::RegistryServiceClient;
use creditbank_grpc::proto::report_service_client::ReportServiceClient;
use creditbank_grpc::proto::selection_service_client::SelectionServiceClient;
use creditbank_grpc::{Credentialed, proto};
use std::sync::Arc;

/// The largest answer taken, in bytes: an explanation of a full account (our own default).
const LARGEST_ANSWER: usize = 16 << 20;

/// The way to one ledger, as one caller.
#[derive(Clone)]
pub(crate) struct Desk {
    way: Credentialed,
    /// `ledgers/{ledger}`.
    pub(crate) parent: Arc<str>,
}

macro_rules! clients {
    ($($name:ident: $client:ident;)+) => {
        impl Desk {
            $(pub(crate) fn $name(&self) -> $client<Credentialed> {
                $client::new(self.way.clone()).max_decoding_message_size(LARGEST_ANSWER)
            })+
        }
    };
}

clients! {
    access: AccessServiceClient;
    accounts: AccountServiceClient;
    badges: BadgeServiceClient;
    corrections: CorrectionServiceClient;
    directory: DirectoryServiceClient;
    evaluations: EvaluationServiceClient;
    households: HouseholdServiceClient;
    identities: IdentityServiceClient;
    ledger: LedgerServiceClient;
    policies: PolicyServiceClient;
    registry: RegistryServiceClient;
    reports: ReportServiceClient;
    selections: SelectionServiceClient;
}

impl Desk {
    /// Of a ledger, `ledgers/{ledger}`.
    pub(crate) fn new(way: Credentialed, parent: String) -> Desk {
        Desk { way, parent: parent.into() }
    }

    /// The way for rows of a sheet.
    pub(crate) fn posting(&self) -> creditbank_posting::Desk {
        creditbank_posting::Desk::new(&self.way, &*self.parent)
    }

    /// A resource name below the ledger.
    pub(crate) fn name(&self, path: &str) -> String {
        format!("{}/{path}", self.parent)
    }

    /// The ledger's last position.
    pub(crate) async fn head(&self) -> Result<proto::Ledger, Stop> {
        let request = proto::GetLedgerRequest { name: self.parent.to_string() };
        Ok(self.registry().get_ledger(request).await?.into_inner().ledger.unwrap_or_default())
    }

    /// The organisations, in order of id; of a larger ledger the first 10,000.
    pub(crate) async fn organizations(&self) -> Result<Vec<proto::Organization>, Stop> {
        Ok(all(|token| self.organization_page(token)).await?.0)
    }

    /// The organisation at the root of the tree: the district. None before it was registered.
    pub(crate) async fn root(&self) -> Result<Option<proto::Organization>, Stop> {
        let mut token = String::new();
        loop {
            let (page, next, _) = self.organization_page(token).await?;
            let root = page.into_iter().find(|one| one.parent.is_empty());
            if root.is_some() || next.is_empty() {
                return Ok(root);
            }
            token = next;
        }
    }

    async fn organization_page(
        &self,
        page_token: String,
    ) -> Result<(Vec<proto::Organization>, String, u64), Stop> {
        let request =
            proto::ListOrganizationsRequest { parent: self.parent.to_string(), page_size: PAGE, page_token };
        let answer = self.registry().list_organizations(request).await?.into_inner();
        Ok((answer.organizations, answer.next_page_token, answer.position))
    }

    /// The names of the standards, in order of id; of a larger ledger the first 500.
    pub(crate) async fn standards(&self) -> Result<Vec<String>, Stop> {
        let listed = all(|page_token| async {
            let request = proto::ListStandardsRequest {
                parent: self.parent.to_string(),
                page_size: DOCUMENTS,
                page_token,
            };
            let answer = self.selections().list_standards(request).await?.into_inner();
            let names = answer.standards.into_iter().map(|standard| standard.name);
            Ok((names.collect(), answer.next_page_token, answer.position))
        });
        Ok(listed.await?.0)
    }

    /// The versions of courses that are approved, `course/version`, each with its course's title; of a larger ledger those of
    /// the first 10,000 courses, in order of id. And the position that is true at.
    pub(crate) async fn approved_versions(&self) -> Result<(Vec<(String, String)>, u64), Stop> {
        let courses = all(|page_token| async {
            let request =
                proto::ListCoursesRequest { parent: self.parent.to_string(), page_size: PAGE, page_token };
            let answer = self.registry().list_courses(request).await?.into_inner();
            Ok((answer.courses, answer.next_page_token, answer.position))
        });
        let (courses, position) = courses.await?;
        let mut versions = Vec::new();
        for course in courses {
            let approved = course.versions.iter().filter(|version| !version.valid_from.is_empty());
            versions.extend(approved.map(|version| {
                (format!("{}/{}", id(&course.name), id(&version.name)), course.display_name.clone())
            }));
        }
        Ok((versions, position))
    }

    /// The organisation that a credential acts for: its own, or the district.
    pub(crate) async fn acts_for(&self, own: &str) -> Result<String, Stop> {
        if !own.is_empty() {
            return Ok(own.to_owned());
        }
        Ok(self.root().await?.map(|root| root.name).unwrap_or_default())
    }

    /// What kinds of entries are called.
    pub(crate) async fn kinds(&self) -> Result<Vec<proto::Code>, Stop> {
        self.codes("kinds").await
    }

    /// What the codes of a list are called.
    pub(crate) async fn codes(&self, list: &str) -> Result<Vec<proto::Code>, Stop> {
        let parent = self.name(&format!("codeLists/{list}"));
        let request = proto::ListCodesRequest { parent, ..Default::default() };
        Ok(self.registry().list_codes(request).await?.into_inner().codes)
    }
}

/// What a list gives at a time, and how often it is asked (our own defaults): 10,000 names are a few megabytes.
const PAGE: u32 = 1_000;
const PAGES: usize = 10;
/// What a list of documents gives at a time: with 256 KiB each they still fit into an answer.
const DOCUMENTS: u32 = 50;

/// What all pages of a list have, and the position of the first, up to which nothing is missing.
async fn all<T, F>(mut page: impl FnMut(String) -> F) -> Result<(Vec<T>, u64), Stop>
where
    F: Future<Output = Result<(Vec<T>, String, u64), Stop>>,
{
    let (mut listed, mut token, position) = page(String::new()).await?;
    for _ in 1..PAGES {
        if token.is_empty() {
            break;
        }
        let (more, next, _) = page(token).await?;
        listed.extend(more);
        token = next;
    }
    Ok((listed, position))
}

/// The last part of a resource name.
pub(crate) fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The part of a resource name below its ledger.
pub(crate) fn path(name: &str) -> &str {
    name.splitn(3, '/').nth(2).unwrap_or(name)
}
