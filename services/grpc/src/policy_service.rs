//! `creditbank.v1.PolicyService`.

use crate::access::admit;
use crate::asked::{answer, asked, of, submit, under};
use crate::convert::person;
use crate::proto::policy_service_server::PolicyService;
use crate::status::status;
use crate::{names, proto};
use creditbank_ledger::{Bank, Ledger, Policies, Receipt, Simulation};
use ledger_core::command::Action;
use ledger_core::entry::Digest32;
use ledger_core::event::{Fact, PolicyProposed, PolicyPublished};
use ledger_core::id::{LedgerId, PolicyId};
use ledger_core::policy::{PRESETS, Policy, PolicyError, differences};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// The longest document, in bytes (our own default): events stay small.
const MAX_DOCUMENT_BYTES: usize = 256 << 10;

/// Messages that wait for a slow reader of a simulation.
const SIMULATION_BUFFER: usize = 4;

pub(crate) struct PolicyDoor {
    pub(crate) bank: Arc<Bank>,
    /// Becomes true when the server goes down: open streams end then.
    pub(crate) closing: watch::Receiver<bool>,
}

fn invalid(field: &str, error: &PolicyError) -> Refusal {
    Refusal::field(
        Reason::PolicyInvalid,
        field,
        format!("學分規則有誤，請逐項更正：{error}。Not a policy, correct each of these: {error}."),
    )
}

/// A document as short as it must be.
fn short(document: &str, field: &str) -> Result<(), Refusal> {
    if document.len() <= MAX_DOCUMENT_BYTES {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::PolicyInvalid,
        field,
        format!(
            "學分規則最長 {MAX_DOCUMENT_BYTES} 位元組，請精簡。A policy has at most {MAX_DOCUMENT_BYTES} bytes: shorten it."
        ),
    ))
}

/// The policy of a document that was published or proposed; such a document is one.
fn wire(ledger: &LedgerId, document: &str) -> Result<proto::Policy, Refusal> {
    let policy = Policy::parse(document).map_err(|error| invalid("document", &error))?;
    let base = names::ledger_name(ledger);
    let organizations = policy.organizations.iter();
    Ok(proto::Policy {
        name: format!("{base}/policies/{}/versions/{}", policy.policy, policy.version),
        document: document.to_owned(),
        sha256: Digest32::of(document.as_bytes()).to_string(),
        effective_from: policy.effective_from.to_string(),
        effective_to: crate::convert::text(policy.effective_to),
        organizations: organizations.map(|id| format!("{base}/organizations/{id}")).collect(),
        ..proto::Policy::default()
    })
}

fn wire_published(
    ledger: &LedgerId,
    at: Position,
    published: &PolicyPublished,
) -> Result<proto::Policy, Refusal> {
    let approval = published.approval.as_ref();
    Ok(proto::Policy {
        published: true,
        position: at.0,
        proposed_by: crate::convert::text(approval.map(|approval| &approval.proposed_by)),
        approved_by: crate::convert::text(approval.map(|approval| &approval.approved_by)),
        ..wire(ledger, &published.document)?
    })
}

fn wire_proposed(
    ledger: &LedgerId,
    at: Position,
    proposed: &PolicyProposed,
) -> Result<proto::Policy, Refusal> {
    Ok(proto::Policy {
        position: at.0,
        proposed_by: proposed.proposed_by.to_string(),
        expires_on: crate::convert::text(proposed.expires_on),
        ..wire(ledger, &proposed.document)?
    })
}

/// All policies: published, and behind them the proposals.
fn wire_all(ledger: &LedgerId, policies: &Policies) -> Result<Vec<proto::Policy>, Refusal> {
    let published = policies.published.iter().map(|(at, held)| wire_published(ledger, *at, held));
    published.chain(policies.proposed.iter().map(|(at, held)| wire_proposed(ledger, *at, held))).collect()
}

/// The answer to a proposal or publication: what that very request made, whatever has come since. One that made
/// nothing found its proposal waiting.
async fn made(
    ledger: &Ledger,
    receipt: Receipt,
    (policy, number): (&PolicyId, u32),
) -> Result<proto::Policy, Refusal> {
    let head = receipt.head;
    for event in ledger.events_of(receipt).await? {
        match &event.fact {
            Fact::PolicyProposed(proposed) => return wire_proposed(ledger.id(), event.position, proposed),
            Fact::PolicyPublished(published) => {
                return wire_published(ledger.id(), event.position, published);
            }
            _ => {}
        }
    }
    version(ledger, policy, number, head).await.map(|(policy, _)| policy)
}

/// The version of a policy: published, or else proposed.
async fn version(
    ledger: &Ledger,
    policy: &PolicyId,
    version: u32,
    min_position: Position,
) -> Result<(proto::Policy, u64), Refusal> {
    let policies = ledger.policies(min_position).await?;
    let position = policies.position.0;
    let name = format!("{}/policies/{policy}/versions/{version}", names::ledger_name(ledger.id()));
    let found = wire_all(ledger.id(), &policies)?.into_iter().find(|held| held.name == name);
    let found = found.ok_or_else(|| {
        Refusal::field(
            Reason::PolicyNotFound,
            "name",
            format!(
                "沒有規則「{policy}」第 {version} 版，請查對。There is no version {version} of policy \"{policy}\": check it."
            ),
        )
    })?;
    Ok((found, position))
}

fn wire_simulation(ledger: &LedgerId, simulation: Simulation) -> proto::PolicySimulation {
    let base = names::ledger_name(ledger);
    proto::PolicySimulation {
        position: simulation.position.0,
        accounts: simulation.accounts,
        raised: simulation.raised,
        lowered: simulation.lowered,
        centi_credits_before: simulation.before.0,
        centi_credits_after: simulation.after.0,
        levels_before: simulation.levels_before,
        levels_after: simulation.levels_after,
        families_before: simulation.families_before,
        families_after: simulation.families_after,
        largest: simulation
            .largest
            .into_iter()
            .map(|change| proto::SimulatedAccount {
                account: format!("{base}/{}", change.account),
                centi_credits_before: change.before.0,
                centi_credits_after: change.after.0,
            })
            .collect(),
    }
}

type Simulated = Result<proto::SimulatePolicyResponse, Status>;

async fn simulate(ledger: Arc<Ledger>, document: String, sender: mpsc::Sender<Simulated>) {
    let mut accounts_total = 0;
    let progress = |accounts, total| {
        accounts_total = total;
        let message = proto::SimulatePolicyResponse { accounts, accounts_total: total, result: None };
        // A slow reader misses some progress; the result waits for it.
        !matches!(sender.try_send(Ok(message)), Err(mpsc::error::TrySendError::Closed(_)))
    };
    let last = match ledger.simulate(&document, progress).await {
        Ok(None) => return,
        Ok(Some(simulation)) => Ok(proto::SimulatePolicyResponse {
            accounts: simulation.accounts,
            accounts_total,
            result: Some(wire_simulation(ledger.id(), simulation)),
        }),
        Err(refusal) => Err(status(refusal)),
    };
    // The reader may have gone.
    let _ = sender.send(last).await;
}

#[tonic::async_trait]
impl PolicyService for PolicyDoor {
    async fn propose_policy(
        &self,
        request: Request<proto::ProposePolicyRequest>,
    ) -> Result<Response<proto::ProposePolicyResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ProposePolicy", request, Some(poster));
            short(&request.document, "document")?;
            let policy = Policy::parse(&request.document).map_err(|error| invalid("document", &error))?;
            let (key, number) = (policy.policy, policy.version);
            let proposed = PolicyProposed {
                policy: key.clone(),
                version: number,
                document: request.document,
                proposed_by: person(&request.proposed_by, "proposed_by")?,
                expires_on: None,
            };
            let receipt = submit(&ledger, asked, Action::ProposePolicy(proposed), &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.head.0);
            let policy = made(&ledger, receipt, (&key, number)).await?;
            Ok(proto::ProposePolicyResponse { policy: Some(policy), position, replayed })
        })
    }

    async fn publish_policy(
        &self,
        request: Request<proto::PublishPolicyRequest>,
    ) -> Result<Response<proto::PublishPolicyResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let (key, number) = names::policy_version(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "PublishPolicy", request, Some(poster));
            let digest = Digest32::parse(&request.sha256).ok_or_else(|| {
                Refusal::field(
                    Reason::FieldInvalid,
                    "sha256",
                    "sha256 須為所審閱文件的 64 位十六進位摘要。sha256 is the digest of the document you read, 64 hexadecimal digits.",
                )
            })?;
            let action = Action::PublishPolicy {
                policy: key.clone(),
                version: number,
                digest,
                approved_by: person(&request.approved_by, "approved_by")?,
            };
            let receipt = submit(&ledger, asked, action, &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.head.0);
            let policy = made(&ledger, receipt, (&key, number)).await?;
            Ok(proto::PublishPolicyResponse { policy: Some(policy), position, replayed })
        })
    }

    async fn get_policy(
        &self,
        request: Request<proto::GetPolicyRequest>,
    ) -> Result<Response<proto::GetPolicyResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let (key, number) = names::policy_version(&id, &request.name, "name")?;
            let (policy, position) = version(&ledger, &key, number, Position(0)).await?;
            Ok(proto::GetPolicyResponse { policy: Some(policy), position })
        })
    }

    async fn list_policies(
        &self,
        request: Request<proto::ListPoliciesRequest>,
    ) -> Result<Response<proto::ListPoliciesResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let policies = self.bank.ledger(&id).await?.policies(Position(0)).await?;
            let position = policies.position.0;
            Ok(proto::ListPoliciesResponse { policies: wire_all(&id, &policies)?, position })
        })
    }

    async fn list_policy_presets(
        &self,
        _: Request<proto::ListPolicyPresetsRequest>,
    ) -> Result<Response<proto::ListPolicyPresetsResponse>, Status> {
        let documents = PRESETS.iter().map(|(_, document)| (*document).to_owned()).collect();
        Ok(Response::new(proto::ListPolicyPresetsResponse { documents }))
    }

    async fn diff_policies(
        &self,
        request: Request<proto::DiffPoliciesRequest>,
    ) -> Result<Response<proto::DiffPoliciesResponse>, Status> {
        answer!(self, request, {
            for (document, field) in [(&request.before, "before"), (&request.after, "after")] {
                short(document, field)?;
                Policy::parse(document).map_err(|error| invalid(field, &error))?;
            }
            let found = differences(&request.before, &request.after);
            let differences = found.map_err(|error| invalid("after", &error))?;
            let differences = differences.into_iter().map(|difference| proto::PolicyDifference {
                path: difference.path,
                before: difference.before,
                after: difference.after,
            });
            Ok(proto::DiffPoliciesResponse { differences: differences.collect() })
        })
    }

    type SimulatePolicyStream = Pin<Box<dyn Stream<Item = Simulated> + Send>>;

    async fn simulate_policy(
        &self,
        request: Request<proto::SimulatePolicyRequest>,
    ) -> Result<Response<Self::SimulatePolicyStream>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let id = names::parse_ledger(&request.parent, "parent").map_err(status)?;
        let ledger = self.bank.ledger(&id).await.map_err(status)?;
        short(&request.document, "document").map_err(status)?;
        Policy::parse(&request.document).map_err(|error| status(invalid("document", &error)))?;
        let (sender, messages) = mpsc::channel(SIMULATION_BUFFER);
        let mut closing = self.closing.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = simulate(ledger, request.document, sender) => {}
                _ = closing.wait_for(|closing| *closing) => {}
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(messages))))
    }
}
