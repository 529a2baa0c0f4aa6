//! Accounts that answer as one redeem as one and are corrected as one; what each of them did before stays its own.

use creditbank_grpc::proto;
use creditbank_ledger::Limits;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_with, draft, fresh, name, reason, still};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use proto::entry::Detail;
use std::sync::Arc;
use tonic::Status;
use tonic_types::StatusExt;

/// A district with five residents in November, when credit is redeemed.
struct Desk {
    clients: Clients,
    store: Arc<dyn Store>,
}

/// One on a file, which lives as long as the folder, and one in memory.
async fn desks() -> (tempfile::TempDir, Vec<Desk>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(sqlite), Arc::new(MemoryStore::default())];
    let mut desks = Vec::new();
    for store in stores {
        let november = still("2026-11-10T04:00:00Z".parse().unwrap());
        let bank = bank_with(Arc::clone(&store), november, Limits::default()).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 5).await;
        desks.push(Desk { clients, store });
    }
    (folder, desks)
}

fn resident(id: &str) -> String {
    name(&format!("residents/{id}"))
}

/// An hour's talk is worth one credit.
fn talk(resident: usize, day: &str, minutes: u32) -> proto::Entry {
    draft(resident, day, minutes, Detail::Lecture(proto::Lecture::default()))
}

fn told(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

impl Desk {
    async fn post(&self, entry: proto::Entry) -> u64 {
        let entry = Some(entry);
        let request = proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry };
        self.clients.ledger.clone().post_entry(request).await.unwrap().into_inner().position
    }

    async fn reverse(&self, entry: u64) -> Result<u64, Status> {
        let request = proto::ReverseEntryRequest {
            name: name(&format!("entries/{entry}")),
            request_id: fresh(),
            organization: name("organizations/school"),
            reason: "absent".to_owned(),
        };
        Ok(self.clients.ledger.clone().reverse_entry(request).await?.into_inner().position)
    }

    async fn merge(&self, merged: &str, survivor: &str) -> u64 {
        self.clients.merge(merged, survivor).await.unwrap().position
    }

    async fn unmerge(&self, merged: &str) -> Result<u64, Status> {
        Ok(self.clients.unmerge(merged, &[]).await?.position)
    }

    async fn rename(&self, old: &str, new: &str) {
        let request = proto::ChangeIdentifierRequest {
            name: resident(old),
            request_id: fresh(),
            organization: name("organizations/school"),
            new_resident_id: new.to_owned(),
        };
        self.clients.identities.clone().change_identifier(request).await.unwrap();
    }

    async fn redeem(&self, id: &str, centi_credits: i64) -> Result<proto::Redemption, Status> {
        let request = proto::RedeemCreditsRequest {
            name: resident(id),
            request_id: fresh(),
            organization: name("organizations/college"),
            reward: "certificate".to_owned(),
            centi_credits,
        };
        let answer = self.clients.redemptions.clone().redeem_credits(request).await?.into_inner();
        Ok(answer.redemption.unwrap())
    }

    async fn redeemable(&self, id: &str, as_of_position: u64) -> (i64, String) {
        let request =
            proto::GetRedeemableBalanceRequest { name: resident(id), as_of_position, ..Default::default() };
        let answer = self.clients.redemptions.clone().get_redeemable_balance(request).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!(answer.uncovered_centi_credits, 0, "{id} at {as_of_position}");
        (answer.centi_credits, answer.survivor)
    }

    async fn left(&self, id: &str) -> i64 {
        self.redeemable(id, 0).await.0
    }

    async fn redemptions(&self, id: &str) -> Vec<proto::Redemption> {
        let request = proto::ListRedemptionsRequest { parent: resident(id), ..Default::default() };
        self.clients.redemptions.clone().list_redemptions(request).await.unwrap().into_inner().redemptions
    }

    async fn propose(&self, reverse: &[u64], record: Vec<proto::Entry>) -> Result<proto::Correction, Status> {
        let reversals = reverse.iter().map(|position| proto::CorrectionReversal {
            entry: name(&format!("entries/{position}")),
            reason: String::new(),
        });
        let request = proto::ProposeCorrectionRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/school"),
            proposed_by: "clerk-01".to_owned(),
            reason: "wrong_person".to_owned(),
            reversals: reversals.collect(),
            entries: record,
            ..Default::default()
        };
        let answer = self.clients.corrections.clone().propose_correction(request).await?.into_inner();
        Ok(answer.correction.unwrap())
    }

    async fn approve(&self, correction: &proto::Correction) -> Result<u64, Status> {
        let request = proto::ApproveCorrectionRequest {
            name: correction.name.clone(),
            request_id: fresh(),
            organization: name("organizations/college"),
            approved_by: "officer-02".to_owned(),
            sha256: correction.sha256.clone(),
        };
        Ok(self.clients.corrections.clone().approve_correction(request).await?.into_inner().position)
    }

    async fn minutes(&self, id: &str) -> (u64, u64) {
        let request = proto::GetBalanceRequest { name: resident(id), ..Default::default() };
        let answer = self.clients.accounts.clone().get_balance(request).await.unwrap().into_inner();
        let balance = answer.balance.unwrap();
        (balance.minutes, balance.entries)
    }

    async fn is_clean(&self) {
        let ledger = LedgerId::parse("district").unwrap();
        let report = creditbank_ledger::verify(Arc::clone(&self.store), &ledger, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
}

fn position(of: &proto::Redemption) -> u64 {
    of.name.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ids_of_one_person_redeem_what_both_earned() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        desk.post(talk(1, "2026-05-10", 120)).await;
        desk.post(talk(2, "2026-05-11", 120)).await;
        assert_eq!((desk.left("r0001").await, desk.left("r0002").await), (200, 200));
        let alone = desk.redeem("r0001", 300).await.unwrap_err();
        assert_eq!(
            (reason(&alone), told(&alone, "centi_credits")),
            ("INSUFFICIENT_CREDIT".into(), "200".into())
        );

        let merged = desk.merge("r0002", "r0001").await;
        assert_eq!(desk.redeemable("r0001", 0).await, (400, String::new()));
        assert_eq!(desk.redeemable("r0002", 0).await, (400, resident("r0001")), "reads follow");
        let old = desk.redeem("r0002", 300).await.unwrap_err();
        assert_eq!((reason(&old), told(&old, "survivor")), ("RESIDENT_MERGED".into(), "r0001".into()));
        let more = desk.redeem("r0001", 401).await.unwrap_err();
        assert_eq!(told(&more, "centi_credits"), "400");
        let redeemed = desk.redeem("r0001", 300).await.unwrap();
        assert_eq!(redeemed.resident, resident("r0001"), "recorded on the survivor");
        assert_eq!((desk.left("r0001").await, desk.left("r0002").await), (100, 100));
        assert_eq!(desk.redemptions("r0002").await, std::slice::from_ref(&redeemed));

        let torn = desk.unmerge("r0002").await.unwrap_err();
        assert_eq!(reason(&torn), "UNMERGE_AMBIGUOUS", "nobody can say whose credit it was");
        assert_eq!(told(&torn, "redemptions"), position(&redeemed).to_string());
        assert_eq!(desk.left("r0002").await, 100, "nothing changed");

        // A new id is the same person's: it redeems the rest.
        desk.rename("r0001", "s2026-017").await;
        let old = desk.redeem("r0001", 100).await.unwrap_err();
        assert_eq!((reason(&old), told(&old, "survivor")), ("IDENTIFIER_CHANGED".into(), "s2026-017".into()));
        let more = desk.redeem("s2026-017", 101).await.unwrap_err();
        assert_eq!(told(&more, "centi_credits"), "100");
        let rest = desk.redeem("s2026-017", 100).await.unwrap();
        let then = |id, at| desk.redeemable(id, at);
        for rebuilt in [false, true] {
            if rebuilt {
                let ledger = LedgerId::parse("district").unwrap();
                creditbank_ledger::rebuild(Arc::clone(&desk.store), &ledger, |_| {}).await.unwrap();
            }
            for id in ["r0001", "r0002", "s2026-017"] {
                assert_eq!(desk.left(id).await, 0, "{id}");
                assert_eq!(desk.redemptions(id).await, [redeemed.clone(), rest.clone()], "{id}");
            }
            for id in ["r0001", "r0002"] {
                assert_eq!(then(id, merged - 1).await, (200, String::new()), "{id} before the merge");
                assert_eq!(then(id, position(&redeemed) - 1).await.0, 400, "{id} after it");
                assert_eq!(then(id, position(&redeemed)).await.0, 100, "{id} once it was redeemed");
            }
        }
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_redeemed_before_a_merge_is_its_own_again_after_it() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        let kept = desk.post(talk(1, "2026-05-10", 120)).await;
        desk.post(talk(2, "2026-05-11", 120)).await;
        desk.redeem("r0002", 150).await.unwrap();
        desk.merge("r0002", "r0001").await;
        assert_eq!((desk.left("r0001").await, desk.redemptions("r0001").await.len()), (250, 1));
        desk.unmerge("r0002").await.unwrap();
        assert_eq!((desk.left("r0001").await, desk.redemptions("r0001").await.len()), (200, 0));
        assert_eq!((desk.left("r0002").await, desk.redemptions("r0002").await.len()), (50, 1));
        // Together again the credit of either makes up for what either redeemed.
        desk.merge("r0002", "r0001").await;
        desk.reverse(kept).await.unwrap();
        assert_eq!(desk.left("r0001").await, 50);
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_on_the_merged_account_respects_what_the_survivor_redeemed() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        desk.post(talk(1, "2026-05-10", 120)).await;
        let of_merged = desk.post(talk(2, "2026-05-11", 120)).await;
        desk.merge("r0002", "r0001").await;
        desk.redeem("r0001", 300).await.unwrap();
        let refused = desk.reverse(of_merged).await.unwrap_err();
        assert_eq!(
            (reason(&refused), told(&refused, "centi_credits")),
            ("BALANCE_WOULD_GO_NEGATIVE".into(), "100".into())
        );
        assert_eq!(desk.left("r0002").await, 100, "nothing changed");
        desk.post(talk(1, "2026-05-12", 120)).await;
        desk.reverse(of_merged).await.unwrap();
        assert_eq!(desk.left("r0002").await, 100, "other credit of the person makes up for it");
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_meets_the_lines_of_all_that_answer_as_one() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        let mut seen = talk(2, "2026-05-01", 60);
        seen.session = "evening".to_owned();
        let held = desk.post(seen.clone()).await;
        desk.post(talk(2, "2026-05-04", 1_000)).await;
        let early = desk.propose(&[], vec![talk(2, "2026-05-09", 60)]).await.unwrap();
        desk.merge("r0002", "r0001").await;

        let merged = desk.propose(&[], vec![talk(2, "2026-05-09", 60)]).await.unwrap_err();
        assert_eq!((reason(&merged), told(&merged, "survivor")), ("RESIDENT_MERGED".into(), "r0001".into()));
        let late = desk.approve(&early).await.unwrap_err();
        assert_eq!(reason(&late), "RESIDENT_MERGED", "also where it was proposed before the merge");
        seen.account = resident("r0001");
        let twice = desk.propose(&[], vec![seen.clone()]).await.unwrap_err();
        assert_eq!(
            (reason(&twice), told(&twice, "entry")),
            ("SESSION_ALREADY_CREDITED".into(), held.to_string())
        );
        let long = desk.propose(&[], vec![talk(1, "2026-05-04", 500)]).await.unwrap_err();
        assert_eq!(
            (reason(&long), told(&long, "booked_minutes")),
            ("DAILY_CAP_EXCEEDED".into(), "1000".into())
        );

        // Reversed on the merged account and recorded on the survivor, in one step.
        seen.minutes = 90;
        let right = desk.propose(&[held], vec![seen]).await.unwrap();
        desk.approve(&right).await.unwrap();
        assert_eq!(desk.minutes("r0002").await, (1_090, 2));
        // What was reversed on the merged account is restored on the survivor.
        let mut restored = talk(1, "2026-05-01", 60);
        restored.restores = name(&format!("entries/{held}"));
        restored.session = "afternoon".to_owned();
        let restoring = desk.propose(&[], vec![restored]).await.unwrap();
        desk.approve(&restoring).await.unwrap();
        assert_eq!(desk.minutes("r0001").await, (1_150, 3));
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_a_correction_records_speaks_for_a_duplicate_too() {
    let certificate = |resident: usize| {
        let number_sha256 = "07".repeat(32);
        draft(resident, "2026-03-01", 0, Detail::Certificate(proto::Certificate { number_sha256 }))
    };
    let (_folder, desks) = desks().await;
    for desk in desks {
        desk.post(certificate(4)).await;
        let correction = desk.propose(&[], vec![certificate(5)]).await.unwrap();
        let list = || async {
            let request =
                proto::ListDuplicateCandidatesRequest { parent: LEDGER.to_owned(), ..Default::default() };
            let page = desk.clients.identities.clone().list_duplicate_candidates(request).await.unwrap();
            page.into_inner().candidates
        };
        assert_eq!(list().await, [], "what is only proposed speaks for nothing");
        desk.approve(&correction).await.unwrap();
        let found = list().await;
        assert_eq!((&found[0].resident, &found[0].like), (&resident("r0005"), &resident("r0004")));
        desk.is_clean().await;
    }
}
