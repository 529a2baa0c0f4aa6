//! Merges by two persons, as a journey asks for them.

use crate::{Clients, LEDGER, fresh, name};
use creditbank_grpc::proto;
use tonic::Status;

/// A merge of two residents that the district proposes.
pub fn merge(merged: &str, survivor: &str) -> proto::ProposeMergeRequest {
    proto::ProposeMergeRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/district"),
        merged: name(&format!("residents/{merged}")),
        survivor: name(&format!("residents/{survivor}")),
        person: "officer-01".to_owned(),
    }
}

/// The undoing of a merge that the district proposes, with the entries that stay.
pub fn unmerge(merged: &str, kept: &[u64]) -> proto::ProposeUnmergeRequest {
    proto::ProposeUnmergeRequest {
        name: name(&format!("residents/{merged}")),
        request_id: fresh(),
        organization: name("organizations/district"),
        kept: kept.iter().map(|entry| name(&format!("entries/{entry}"))).collect(),
        person: "officer-01".to_owned(),
    }
}

impl Clients {
    /// Proposes a merge and approves it.
    pub async fn merge(&self, merged: &str, survivor: &str) -> Result<proto::ApproveMergeResponse, Status> {
        let proposed = self.identities.clone().propose_merge(merge(merged, survivor)).await?;
        self.approve_merge(proposed.into_inner()).await
    }

    /// Proposes to undo a merge and approves it.
    pub async fn unmerge(&self, merged: &str, kept: &[u64]) -> Result<proto::ApproveMergeResponse, Status> {
        let proposed = self.identities.clone().propose_unmerge(unmerge(merged, kept)).await?;
        self.approve_merge(proposed.into_inner()).await
    }

    /// A second person approves.
    pub async fn approve_merge(
        &self,
        proposed: proto::MergeProposalResponse,
    ) -> Result<proto::ApproveMergeResponse, Status> {
        let proposal = proposed.proposal.unwrap();
        let approve = proto::ApproveMergeRequest {
            name: proposal.merged,
            request_id: fresh(),
            organization: name("organizations/district"),
            person: "officer-02".to_owned(),
            sha256: proposal.sha256,
        };
        self.identities.clone().approve_merge(approve).await.map(tonic::Response::into_inner)
    }
}
