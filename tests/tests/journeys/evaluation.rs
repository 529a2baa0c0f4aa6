//! How households stand by the standard of learning families: what counts, for whom, and at which point of the log. The
//! expected points are computed by hand, in the comments beside them.

use creditbank_grpc::proto;
use creditbank_ledger::{Limits, Question, Yardstick};
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_with, draft, fresh, name, reason, still};
use ledger_core::ports::Store;
use ledger_core::selection::{Bar, FAMILY_DEFAULT};
use proto::entry::Detail;
use std::sync::Arc;
use tonic::{Code, Status};

struct Desk {
    clients: Clients,
    bank: Arc<creditbank_ledger::Bank>,
}

/// It is 20 September 2026; residents r0001 to r0012. One on a file, which lives as long as the folder, and one in memory.
async fn desks() -> (tempfile::TempDir, Vec<Desk>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(sqlite), Arc::new(MemoryStore::default())];
    let mut desks = Vec::new();
    for store in stores {
        let september = still("2026-09-20T04:00:00Z".parse().unwrap());
        let bank = bank_with(store, september, Limits::default()).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 12).await;
        desks.push(Desk { clients, bank });
    }
    (folder, desks)
}

fn talk() -> Detail {
    Detail::Lecture(proto::Lecture::default())
}

fn service() -> Detail {
    Detail::VolunteerService(proto::VolunteerService::default())
}

impl Desk {
    async fn household(&self, id: &str, members: &[(usize, proto::MemberRole, &str, &str)]) {
        let request = proto::CreateHouseholdRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            household_id: id.to_owned(),
            organization: name("organizations/town"),
        };
        self.clients.registry.clone().create_household(request).await.unwrap();
        for (n, role, from, last_day) in members {
            let request = proto::JoinHouseholdRequest {
                name: name(&format!("households/{id}")),
                request_id: fresh(),
                organization: name("organizations/town"),
                resident: name(&format!("residents/r{n:04}")),
                role: (*role).into(),
                from: (*from).to_owned(),
                last_day: (*last_day).to_owned(),
            };
            self.clients.identities.clone().join_household(request).await.unwrap();
        }
    }

    async fn post(&self, entry: proto::Entry) -> u64 {
        let request =
            proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
        self.clients.ledger.clone().post_entry(request).await.unwrap().into_inner().position
    }

    async fn learn(&self, n: usize, day: &str, minutes: u32, detail: Detail) -> u64 {
        self.post(draft(n, day, minutes, detail)).await
    }

    async fn evaluate(&self, id: &str, as_of_position: u64) -> Result<proto::RankedCandidate, Status> {
        let request = proto::EvaluateHouseholdRequest {
            name: name(id),
            as_of_position,
            yardstick: Some(proto::Yardstick {
                standard: if id.starts_with("residents") { "practice-pupil" } else { "" }.to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let answer = self.clients.evaluations.clone().evaluate_household(request).await?.into_inner();
        assert_eq!(answer.counted_on, "2026-09-20");
        Ok(answer.candidate.unwrap())
    }

    async fn points(&self, id: &str, as_of_position: u64) -> Vec<(String, u32)> {
        let candidate = self.evaluate(id, as_of_position).await.unwrap();
        let points = candidate.items.iter().filter(|item| item.points > 0);
        points.map(|item| (item.item.clone(), item.points)).collect()
    }
}

use proto::MemberRole::{Adult, Minor};

#[tokio::test]
async fn what_members_learned_while_they_lived_there_counts_once_and_is_told_by_entry() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        // r0003 left on 30 June: what was learned there counts for nobody's household any more; r0004 came on 1 July.
        desk.household(
            "h100",
            &[
                (1, Adult, "2026-01-01", ""),
                (2, Minor, "2026-01-01", ""),
                (3, Adult, "2025-01-01", "2026-06-30"),
                (4, Adult, "2026-07-01", ""),
            ],
        )
        .await;
        let first = desk.learn(1, "2026-03-01", 600, talk()).await;
        desk.learn(2, "2026-03-02", 600, talk()).await;
        desk.learn(3, "2026-03-03", 600, talk()).await;
        // Before r0004 came.
        desk.learn(4, "2026-06-30", 600, talk()).await;
        // Last year.
        desk.learn(1, "2025-12-31", 600, talk()).await;
        // Three members: 1,200 of 3 × 600 minutes; two of them take part.
        assert_eq!(desk.points("households/h100", 0).await, [("taking-part".to_owned(), 10)]);
        let last = desk.learn(4, "2026-07-01", 600, talk()).await;
        // 1,800 of 1,800.
        let wanted = [("taking-part".to_owned(), 10), ("hours".to_owned(), 5)];
        assert_eq!(desk.points("households/h100", 0).await, wanted);
        assert_eq!(desk.points("households/h100", last - 1).await, wanted[..1]);
        let told = desk.evaluate("households/h100", 0).await.unwrap();
        let hours = told.items.iter().find(|item| item.item == "hours").unwrap();
        let need = &hours.needs[1];
        assert_eq!((need.has, need.needs), (1_800, 3_600));
        assert_eq!((need.entries.len(), &need.entries[0]), (3, &name(&format!("entries/{first}"))));
        assert_eq!(hours.missing[0].hant, "還差 30 小時學習");
        assert_eq!((told.members, told.points, told.most_points), (3, 15, 45));
    }
}

#[tokio::test]
async fn two_members_at_one_session_learn_together_and_merged_accounts_are_one_member() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        desk.household(
            "h100",
            &[(1, Adult, "2026-01-01", ""), (2, Adult, "2026-01-01", ""), (3, Adult, "2026-01-01", "")],
        )
        .await;
        for day in ["2026-04-01", "2026-04-02"] {
            for n in [1, 2] {
                let entry = draft(n, day, 60, talk());
                desk.post(proto::Entry { session: "evening".to_owned(), ..entry }).await;
            }
        }
        let points = desk.points("households/h100", 0).await;
        assert_eq!(points, [("taking-part".to_owned(), 10), ("together".to_owned(), 5)]);
        // r0003 is r0001 again: two members are left, and nothing else changes.
        let merged = desk.clients.merge("r0003", "r0001").await.unwrap();
        let told = desk.evaluate("households/h100", 0).await.unwrap();
        assert_eq!((told.members, told.points), (2, 15));
        let before = desk.evaluate("households/h100", merged.position - 1).await.unwrap();
        assert_eq!((before.members, before.points), (3, 15));
    }
}

#[tokio::test]
async fn the_ranked_list_and_each_evaluation_are_one_figure_at_every_position() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        for (id, members) in [("h100", [1, 2]), ("h200", [3, 4]), ("h300", [5, 6])] {
            let members = members.map(|n| (n, Adult, "2026-01-01", ""));
            desk.household(id, &members).await;
        }
        desk.household("h400", &[]).await;
        let mut positions = Vec::new();
        for (n, day, minutes) in
            [(1, "2026-02-01", 700), (2, "2026-02-02", 700), (3, "2026-02-03", 90), (5, "2026-02-04", 45)]
        {
            positions.push(desk.learn(n, day, minutes, talk()).await);
        }
        for (n, day) in [(3, "2026-05-01"), (4, "2026-05-02")] {
            positions.push(desk.learn(n, day, 150, service()).await);
        }
        let ledger = desk.bank.ledger(&ledger_core::id::LedgerId::parse("district").unwrap()).await.unwrap();
        let yardstick = Yardstick::of_year(FAMILY_DEFAULT, 2026).unwrap();
        for position in &positions {
            let as_of = creditbank_ledger::AsOf::Position(ledger_core::quantity::Position(*position));
            let question = Question { as_of, ..Question::default() };
            let list = ledger.rank(&yardstick, &question).await.unwrap();
            // A household in which nobody lives, such as h001 and h400, is no candidate.
            assert_eq!(list.ranked.len(), 3);
            for ranked in &list.ranked {
                let mut one =
                    ledger.evaluate(&ranked.candidate.account, &yardstick, &question).await.unwrap();
                // Whoever has not applied need not have consented to be tried in a list.
                one.candidate.bars.retain(|bar| !matches!(bar, Bar::ConsentMissing { .. }));
                assert_eq!(one.candidate, ranked.candidate, "at {position}");
            }
            let again = ledger.rank(&yardstick, &question).await.unwrap();
            assert_eq!(again.digest().unwrap(), list.digest().unwrap());
        }
        // h100: taking part 10, 1,400 of 2 × 600 minutes 5. h200: 10 for two with a record, volunteering 8 + 7.
        // h300: nothing: one of two takes part.
        let list = ledger.rank(&yardstick, &Question::default()).await.unwrap();
        let told: Vec<_> =
            list.ranked.iter().map(|r| (r.candidate.account.to_string(), r.candidate.sheet.points)).collect();
        let told: Vec<_> = told.iter().map(|(account, points)| (account.as_str(), *points)).collect();
        assert_eq!(told, [("households/h200", 25), ("households/h100", 15), ("households/h300", 0)]);
    }
}

#[tokio::test]
async fn a_list_can_be_tried_out_under_another_standard_and_quota() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        for (id, n) in [("h100", 1), ("h200", 2), ("h300", 3)] {
            desk.household(id, &[(n, Adult, "2026-01-01", "")]).await;
            desk.learn(n, "2026-02-01", 600 + u32::try_from(n).unwrap(), talk()).await;
        }
        let easy = FAMILY_DEFAULT.replace("pass_points = 80", "pass_points = 10");
        let request = proto::RankHouseholdsRequest {
            parent: LEDGER.to_owned(),
            yardstick: Some(proto::Yardstick { document: easy, places: 2, ..Default::default() }),
            include_entries: true,
            ..Default::default()
        };
        let mut stream =
            desk.clients.evaluations.clone().rank_households(request).await.unwrap().into_inner();
        let basis = stream.message().await.unwrap().unwrap().basis.unwrap();
        assert_eq!((basis.candidates, basis.qualified, basis.chosen, basis.places), (3, 3, 2, 2));
        let candidates = stream.message().await.unwrap().unwrap().candidates;
        let told: Vec<_> =
            candidates.iter().map(|c| (c.account.as_str(), c.rank, c.outcome.as_str())).collect();
        // All have 15 points; more minutes decide.
        let (h100, h200, h300) = (name("households/h100"), name("households/h200"), name("households/h300"));
        assert_eq!(
            told,
            [(h300.as_str(), 1, "chosen"), (h200.as_str(), 2, "chosen"), (h100.as_str(), 3, "beyond_quota")]
        );
        let hours = candidates[0].items.iter().find(|item| item.item == "hours").unwrap();
        assert_eq!(hours.needs[0].entries.len(), 1);
        assert!(stream.message().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_pupils_practice_counts_where_the_community_of_residence_attested_it() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        desk.household("h100", &[(1, Adult, "2026-01-01", ""), (2, Minor, "2026-01-01", "")]).await;
        let practice = || Detail::YouthPractice(proto::YouthPractice::default());
        let attested = |by: &str, minutes, day: &str| proto::Entry {
            attested_by: name(&format!("organizations/{by}")),
            ..draft(2, day, minutes, practice())
        };
        desk.post(attested("other", 120, "2026-07-01")).await;
        assert_eq!(desk.evaluate("residents/r0002", 0).await.unwrap().points, 0);
        desk.post(attested("town", 119, "2026-07-02")).await;
        let told = desk.evaluate("residents/r0002", 0).await.unwrap();
        assert_eq!(told.items[0].missing[0].hant, "還差 1 分鐘由居住地社區蓋章的一次社會實踐");
        desk.post(attested("town", 120, "2026-07-03")).await;
        assert_eq!(desk.evaluate("residents/r0002", 0).await.unwrap().points, 100);
    }
}

#[tokio::test]
async fn a_wrong_question_is_refused() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        desk.household("h100", &[(1, Adult, "2026-01-01", "")]).await;
        let wide = FAMILY_DEFAULT.replace("full_points = 100", "full_points = 99");
        let yardsticks = [
            (
                proto::Yardstick { document: wide, ..Default::default() },
                "STANDARD_INVALID",
                Code::InvalidArgument,
            ),
            (
                proto::Yardstick { document: "x".repeat(300_000), ..Default::default() },
                "STANDARD_INVALID",
                Code::InvalidArgument,
            ),
            (
                proto::Yardstick { standard: "no-such".to_owned(), ..Default::default() },
                "STANDARD_NOT_FOUND",
                Code::NotFound,
            ),
            (
                proto::Yardstick { standard: "practice-pupil".to_owned(), ..Default::default() },
                "NOT_A_CANDIDATE",
                Code::InvalidArgument,
            ),
            (
                proto::Yardstick {
                    window_from: "2026-05-01".to_owned(),
                    window_to: "2026-04-30".to_owned(),
                    ..Default::default()
                },
                "TIME_RANGE",
                Code::InvalidArgument,
            ),
        ];
        for (yardstick, wanted, code) in yardsticks {
            let request = proto::EvaluateHouseholdRequest {
                name: name("households/h100"),
                yardstick: Some(yardstick),
                ..Default::default()
            };
            let refused = desk.clients.evaluations.clone().evaluate_household(request).await.unwrap_err();
            assert_eq!((reason(&refused).as_str(), refused.code()), (wanted, code), "{refused}");
        }
        let nobody = desk.evaluate("households/nobody", 0).await.unwrap_err();
        assert_eq!(reason(&nobody), "HOUSEHOLD_NOT_FOUND");
        let early = desk.evaluate("households/h100", 1).await.unwrap_err();
        assert_eq!(reason(&early), "HOUSEHOLD_NOT_FOUND");
    }
}
