//! `creditbank.v1.ProofService`.

use crate::asked::answer;
use crate::names;
use crate::proto;
use crate::proto::proof_service_server::ProofService;
use crate::status::status;
use creditbank_ledger::{Bank, PageRequest};
use ledger_core::merkle::Hash;
use ledger_core::ports::StoredEvent;
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct ProofDoor {
    pub(crate) bank: Arc<Bank>,
}

fn path(hashes: Vec<Hash>) -> Vec<Vec<u8>> {
    hashes.into_iter().map(Vec::from).collect()
}

#[tonic::async_trait]
impl ProofService for ProofDoor {
    async fn get_checkpoint(
        &self,
        request: Request<proto::GetCheckpointRequest>,
    ) -> Result<Response<proto::GetCheckpointResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.name, "name")?;
            let signed = self.bank.ledger(&id).await?.checkpoint().await?;
            Ok(proto::GetCheckpointResponse {
                checkpoint: signed.note,
                size: signed.size,
                root: signed.root.to_vec(),
                verifier_key: signed.vkey,
                witnessed_checkpoint: signed.witnessed.unwrap_or_default(),
            })
        })
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<proto::GetInclusionProofRequest>,
    ) -> Result<Response<proto::GetInclusionProofResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.name, "name")?;
            let position = names::entry(&id, &request.name, "name")?;
            let ledger = self.bank.ledger(&id).await?;
            // Who may read an entry may not read everything else that stands in the log.
            ledger.entry_event(position).await?;
            let proof = ledger.inclusion_proof(position, request.size).await?;
            Ok(proto::GetInclusionProofResponse {
                size: proof.size,
                index: position.0 - 1,
                event: String::from_utf8_lossy(&proof.event.bytes).into_owned(),
                leaf_hash: proof.leaf.to_vec(),
                path: path(proof.path),
            })
        })
    }

    async fn get_proven_statement(
        &self,
        request: Request<proto::GetProvenStatementRequest>,
    ) -> Result<Response<proto::GetProvenStatementResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.name, "name")?;
            let account = names::account(&id, &request.name, "name")?;
            let page = PageRequest { size: request.page_size, token: request.page_token };
            let ledger = self.bank.ledger(&id).await?;
            let statement = ledger.proven_statement(&account, request.size, &page).await?;
            let proven = |(event, hashes): (StoredEvent, Vec<Hash>)| proto::ProvenEvent {
                position: event.position.0,
                event: String::from_utf8_lossy(&event.bytes).into_owned(),
                path: path(hashes),
            };
            Ok(proto::GetProvenStatementResponse {
                checkpoint: statement.checkpoint.map(|signed| signed.note).unwrap_or_default(),
                size: statement.size,
                today: statement.today.to_string(),
                centi_credits: statement.figures.centi_credits,
                pending_centi_credits: statement.figures.pending_centi_credits,
                minutes: statement.figures.minutes,
                entries: statement.figures.entries,
                attestation: statement.attestation.unwrap_or_default(),
                events: statement.events.into_iter().map(proven).collect(),
                next_page_token: statement.next_token,
            })
        })
    }

    async fn get_consistency_proof(
        &self,
        request: Request<proto::GetConsistencyProofRequest>,
    ) -> Result<Response<proto::GetConsistencyProofResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.name, "name")?;
            let ledger = self.bank.ledger(&id).await?;
            let proof = ledger.consistency_proof(request.old_size, request.size).await?;
            Ok(proto::GetConsistencyProofResponse { size: proof.size, path: path(proof.path) })
        })
    }
}
