//! What is posted: lectures of 90 minutes by ten schools, for residents drawn at random, on days of one spring.

use creditbank_grpc::proto::registry_service_client::RegistryServiceClient;
use creditbank_grpc::{Bearer, proto};
use creditbank_tests::LEDGER;
use proto::entry::Detail;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Residents of the runs of a million entries and more.
pub(crate) const RESIDENTS: usize = 100_000;
/// Residents of the shorter runs.
pub(crate) const LEARNERS: usize = 10_000;
const SCHOOLS: u64 = 10;

/// How clients name their requests.
#[derive(Clone, Copy)]
pub(crate) enum Ids {
    /// UUID version 7, as the documentation advises.
    TimeOrdered,
    /// UUID version 4.
    Random,
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ids::TimeOrdered => "UUID v7",
            Ids::Random => "UUID v4",
        })
    }
}

pub(crate) struct Workload {
    /// `ledgers/{ledger}`.
    ledger: String,
    next: AtomicU64,
    residents: u64,
}

impl Workload {
    /// Registers schools and residents of the usual ledger.
    pub(crate) async fn prepare(address: SocketAddr, bearer: &Bearer, residents: usize) -> Workload {
        Workload::of(LEDGER, address, bearer, residents).await
    }

    /// The same in any ledger.
    pub(crate) async fn of(ledger: &str, address: SocketAddr, bearer: &Bearer, residents: usize) -> Workload {
        let channel = crate::channels(address, bearer, 1).await.remove(0);
        let mut registry = RegistryServiceClient::new(channel);
        for n in 0..SCHOOLS {
            let request = proto::CreateOrganizationRequest {
                parent: ledger.to_owned(),
                request_id: format!("bench-organization-{n:04}"),
                organization_id: format!("school-{n}"),
                organization: Some(proto::Organization {
                    institution_type: "citizen_school".to_owned(),
                    display_name: format!("學校 {n}"),
                    ..Default::default()
                }),
            };
            registry.create_organization(request).await.unwrap();
        }
        let ids: Vec<String> = (0..residents).map(|n| format!("r{n:06}")).collect();
        for (n, chunk) in ids.chunks(1_000).enumerate() {
            let request = proto::BatchCreateResidentsRequest {
                parent: ledger.to_owned(),
                request_id: format!("bench-residents-{n:06}"),
                organization: format!("{ledger}/organizations/school-0"),
                resident_ids: chunk.to_vec(),
            };
            registry.batch_create_residents(request).await.unwrap();
        }
        Workload { ledger: ledger.to_owned(), next: AtomicU64::new(1), residents: residents as u64 }
    }

    /// A number that looks random and is the same in every run (splitmix64).
    fn random(&self) -> u64 {
        let mut z = self.next.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn resident(&self, n: usize) -> String {
        let n = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) % self.residents;
        format!("{}/residents/r{n:06}", self.ledger)
    }

    pub(crate) fn post(&self, ids: Ids) -> proto::PostEntryRequest {
        let random = self.random();
        let (ledger, resident) = (&self.ledger, random % self.residents);
        let (school, month, day) =
            ((random >> 20) % SCHOOLS, (random >> 30) % 5 + 1, (random >> 40) % 28 + 1);
        let entry = proto::Entry {
            account: format!("{ledger}/residents/r{resident:06}"),
            organization: format!("{ledger}/organizations/school-{school}"),
            occurred_on: format!("2026-{month:02}-{day:02}"),
            minutes: 90,
            subject: "health".to_owned(),
            detail: Some(Detail::Lecture(proto::Lecture::default())),
            ..Default::default()
        };
        let request_id = match ids {
            Ids::TimeOrdered => uuid::Uuid::now_v7(),
            Ids::Random => uuid::Uuid::new_v4(),
        };
        proto::PostEntryRequest {
            parent: self.ledger.clone(),
            request_id: request_id.to_string(),
            entry: Some(entry),
        }
    }

    pub(crate) fn batch(&self, size: usize) -> proto::BatchPostEntriesRequest {
        let requests = (0..size).map(|_| self.post(Ids::TimeOrdered)).collect();
        proto::BatchPostEntriesRequest {
            parent: self.ledger.clone(),
            requests,
            atomic: false,
            validate_only: false,
        }
    }
}
