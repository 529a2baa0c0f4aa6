//! A district reports its months: 人次 and 人數 apart, closed figures beside restated ones, rates with a stated
//! population, and the evidence in the order of a score table. The figures are worked out by hand here.

use creditbank_grpc::proto;
use creditbank_ledger::{AsOf, Bank, Limits, ReportQuestion};
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{
    Clients, District, LEDGER, bank_on, bank_with, draft, fresh, june_first_2026, lecture, name,
};
use ledger_core::Reason;
use ledger_core::id::LedgerId;
use ledger_core::ports::{AppendBatch, Store};
use ledger_core::quantity::Position;
use ledger_core::report::{Period, ScoreTable};
use proto::entry::Detail;
use proto::get_evidence_pack_response::Part;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

fn ledger_id() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

async fn stores() -> (tempfile::TempDir, Vec<Arc<dyn Store>>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, vec![Arc::new(sqlite), Arc::new(MemoryStore::default())])
}

async fn post(clients: &Clients, entry: proto::Entry) -> u64 {
    let request =
        proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
    clients.ledger.clone().post_entry(request).await.unwrap().into_inner().entry.unwrap().position
}

/// A lecture of resident `n` at an organisation.
fn talk(n: usize, at: &str, day: &str, minutes: u32) -> proto::Entry {
    let mut entry = lecture(n, day).entry.unwrap();
    entry.organization = name(&format!("organizations/{at}"));
    entry.minutes = minutes;
    entry
}

fn crowd(at: &str, day: &str, persons: u32) -> proto::Entry {
    let at = name(&format!("organizations/{at}"));
    let detail = Detail::HeadCount(proto::HeadCount { persons });
    proto::Entry { account: at.clone(), organization: at, ..draft(1, day, 0, detail) }
}

async fn close(clients: &Clients, month: &str) -> u64 {
    let request = proto::CloseMonthRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        month: month.to_owned(),
        organization: name("organizations/college"),
        closed_by: "officer-01".to_owned(),
    };
    clients.reports.clone().close_month(request).await.unwrap().into_inner().closing.unwrap().closed_at
}

/// A correction of the town that reverses an entry and records another; the district approves it. Where.
async fn correct(clients: &Clients, absent: u64, forgotten: proto::Entry) -> u64 {
    let mut corrections = clients.corrections.clone();
    let reversal =
        proto::CorrectionReversal { entry: name(&format!("entries/{absent}")), ..Default::default() };
    let proposal = proto::ProposeCorrectionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/town"),
        proposed_by: "officer-01".to_owned(),
        reason: "absent".to_owned(),
        reversals: vec![reversal],
        entries: vec![forgotten],
        ..Default::default()
    };
    let proposed = corrections.propose_correction(proposal).await.unwrap().into_inner().correction.unwrap();
    let approval = proto::ApproveCorrectionRequest {
        name: proposed.name,
        request_id: fresh(),
        organization: name("organizations/district"),
        approved_by: "officer-02".to_owned(),
        sha256: proposed.sha256,
    };
    corrections.approve_correction(approval).await.unwrap().into_inner().position
}

/// A store whose log is that of another, up to a position, with all states folded from it.
async fn cut(store: &Arc<dyn Store>, at: u64) -> Arc<dyn Store> {
    let events = store.read_events(&ledger_id(), Position(1), u32::try_from(at).unwrap()).await.unwrap();
    let short: Arc<dyn Store> = Arc::new(MemoryStore::default());
    short.create_ledger(&ledger_id()).await.unwrap();
    let append = short.begin_append(&ledger_id()).await.unwrap();
    append.commit(AppendBatch { events, recorded_at_us: 1, ..Default::default() }).await.unwrap();
    creditbank_ledger::rebuild(Arc::clone(&short), &ledger_id(), |_| {}).await.unwrap();
    short
}

/// April: resident 1 at two schools, residents 2 and 3 at one, a festival of 300. It closes at `closed`; then resident 3
/// turns out to have been absent, and resident 4 to have been forgotten. May: resident 1 again.
struct Spring {
    _bank: Arc<Bank>,
    clients: Clients,
    closed: u64,
    head: u64,
}

async fn spring(store: &Arc<dyn Store>) -> Spring {
    let bank = bank_on(Arc::clone(store)).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 6).await;
    post(&clients, talk(1, "school", "2026-04-10", 90)).await;
    post(&clients, talk(2, "school", "2026-04-10", 90)).await;
    post(&clients, talk(1, "other", "2026-04-11", 60)).await;
    post(&clients, crowd("school", "2026-04-12", 300)).await;
    let absent = post(&clients, talk(3, "school", "2026-04-20", 90)).await;
    let closed = close(&clients, "2026-04").await;
    post(&clients, talk(1, "school", "2026-05-05", 90)).await;
    post(&clients, talk(4, "other", "2026-05-06", 45)).await;
    let head = correct(&clients, absent, talk(4, "other", "2026-04-25", 45)).await;
    Spring { _bank: bank, clients, closed, head }
}

fn asked(period: &str, organization: &str, by: &[&str], as_of: u64) -> proto::GetReportRequest {
    proto::GetReportRequest {
        parent: LEDGER.to_owned(),
        period: period.to_owned(),
        organization: if organization.is_empty() {
            String::new()
        } else {
            name(&format!("organizations/{organization}"))
        },
        group_by: by.iter().map(|by| (*by).to_owned()).collect(),
        as_of_position: as_of,
        min_position: 0,
    }
}

async fn report(clients: &Clients, request: proto::GetReportRequest) -> proto::Report {
    clients.reports.clone().get_report(request).await.unwrap().into_inner().report.unwrap()
}

/// 人次, 人數, 無名單人次, 場次, 分鐘, 沖正.
type Line = [u64; 6];

fn line(figures: Option<&proto::Figures>) -> Option<Line> {
    figures.map(|f| [f.attendances, f.persons, f.heads, f.sessions, f.minutes, f.reversed])
}

fn lines(report: &proto::Report) -> Vec<(String, Option<Line>, Line)> {
    let line = |row: &proto::ReportRow| {
        (row.values.join(" "), line(row.closed.as_ref()), line(row.restated.as_ref()).unwrap())
    };
    report.rows.iter().chain(&report.total).map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_month_shows_its_figures_then_and_now() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let spring = spring(&store).await;
        let april = report(&spring.clients, asked("2026-04", "town", &["organization"], 0)).await;
        assert_eq!(
            april.months,
            [proto::ReportMonth { month: "2026-04".to_owned(), closed_at: spring.closed }]
        );
        // Resident 1 was at both schools: two attendances, one person of the town. Residents 1 and 2 were in one session.
        let row = |what: &str, closed, restated| (what.to_owned(), Some(closed), restated);
        assert_eq!(
            lines(&april),
            [
                row("town", [4, 3, 300, 4, 330, 0], [4, 3, 300, 4, 285, 1]),
                row("other", [1, 1, 0, 1, 60, 0], [2, 2, 0, 2, 105, 0]),
                row("school", [3, 3, 300, 3, 270, 0], [2, 2, 300, 2, 180, 1]),
                row("", [4, 3, 300, 4, 330, 0], [4, 3, 300, 4, 285, 1]),
            ]
        );
        let changes = april.rows[1].changes.unwrap();
        assert_eq!((changes.attendances, changes.persons, changes.minutes), (1, 1, 45));
        // 285 minutes are 6.33 學時 of 45.
        assert_eq!(april.total.unwrap().restated.unwrap().centi_class_hours, 633);
        assert_eq!(april.corrections, []);
        let month = proto::GetMonthlyReportRequest {
            parent: LEDGER.to_owned(),
            month: "2026-04".to_owned(),
            organization: name("organizations/town"),
            group_by: vec!["organization".to_owned()],
            ..Default::default()
        };
        let monthly = spring.clients.reports.clone().get_monthly_report(month).await.unwrap().into_inner();
        assert_eq!(monthly.report.unwrap().rows, april.rows);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_month_lists_what_was_corrected_of_earlier_ones() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let spring = spring(&store).await;
        let may = report(&spring.clients, asked("2026-05", "", &[], 0)).await;
        assert_eq!(lines(&may), [(String::new(), None, [2, 2, 0, 2, 135, 0])]);
        let counts = |entries, attendances, heads, minutes| {
            Some(proto::CorrectionCounts { entries, attendances, heads, minutes })
        };
        let correction =
            |late, reversed| proto::MonthCorrection { month: "2026-04".to_owned(), late, reversed };
        assert_eq!(may.corrections, [correction(counts(1, 1, 0, 45), counts(1, 1, 0, 90))]);
        // Of one school only its own.
        let other = report(&spring.clients, asked("2026-05", "other", &[], 0)).await;
        assert_eq!(other.corrections, [correction(counts(1, 1, 0, 45), counts(0, 0, 0, 0))]);
        // When May closed nothing had been corrected yet, they would stand in June's; before, in none.
        let before = report(&spring.clients, asked("2026-05", "", &[], spring.closed + 2)).await;
        assert_eq!(before.corrections, []);
        // A half-year has each month as it was when it closed, and May as it is.
        let half = report(&spring.clients, asked("2026-H1", "", &["month"], 0)).await;
        assert_eq!(
            lines(&half),
            [
                ("2026-04".to_owned(), Some([4, 3, 300, 4, 330, 0]), [4, 3, 300, 4, 285, 1]),
                ("2026-05".to_owned(), Some([2, 2, 0, 2, 135, 0]), [2, 2, 0, 2, 135, 0]),
                (String::new(), Some([6, 4, 300, 6, 465, 0]), [6, 3, 300, 6, 420, 1]),
            ]
        );
        let modes = report(&spring.clients, asked("2026", "school", &["mode", "kind"], 0)).await;
        let rows = lines(&modes);
        assert_eq!(rows[0].0, "head_count HDC");
        assert_eq!(rows[0].2, [0, 0, 300, 1, 0, 0]);
        assert_eq!((rows[1].0.as_str(), rows[1].2), ("offline LEC", [3, 2, 0, 2, 270, 1]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_as_of_any_position_is_that_of_the_log_cut_there() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let spring = spring(&store).await;
    for at in spring.closed - 7..=spring.head {
        let short = cut(&store, at).await;
        let bank = bank_on(short).await;
        let clients = Clients::of(&bank).await;
        for period in ["2026-04", "2026-05", "2026"] {
            let by = ["organization", "kind"];
            let then = report(&spring.clients, asked(period, "district", &by, at)).await;
            assert_eq!(then, report(&clients, asked(period, "district", &by, 0)).await, "{period} at {at}");
        }
        bank.shut_down().await;
    }
}

async fn evaluate(
    clients: &Clients,
    indicator: &str,
    period: &str,
    organization: &str,
    as_of_position: u64,
) -> proto::EvaluateIndicatorResponse {
    let request = proto::EvaluateIndicatorRequest {
        name: name(&format!("indicators/{indicator}")),
        period: period.to_owned(),
        organization: name(&format!("organizations/{organization}")),
        as_of_position,
        min_position: 0,
    };
    clients.reports.clone().evaluate_indicator(request).await.unwrap().into_inner()
}

fn share(numerator: u32, denominator: u32) -> Option<proto::Target> {
    Some(proto::Target { value: Some(proto::target::Value::Share(proto::Share { numerator, denominator })) })
}

fn count(count: u64) -> Option<proto::Target> {
    Some(proto::Target { value: Some(proto::target::Value::Count(count)) })
}

async fn set_target(
    clients: &Clients,
    indicator: &str,
    by: &str,
    on: &str,
    target: Option<proto::Target>,
) -> u64 {
    let request = proto::SetTargetRequest {
        name: name(&format!("indicators/{indicator}")),
        request_id: fresh(),
        organization: name(&format!("organizations/{by}")),
        set_by: "officer-01".to_owned(),
        target_organization: name(&format!("organizations/{on}")),
        year: 2026,
        target,
    };
    clients.reports.clone().set_target(request).await.unwrap().into_inner().position
}

async fn state(clients: &Clients, by: &str, on: &str, population: u64) -> u64 {
    let request = proto::StatePopulationRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name(&format!("organizations/{by}")),
        stated_by: "officer-01".to_owned(),
        population_organization: name(&format!("organizations/{on}")),
        year: 2026,
        population: "permanent_residents".to_owned(),
        count: population,
        source: "yearbook-2025".to_owned(),
    };
    clients.reports.clone().state_population(request).await.unwrap().into_inner().position
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_needs_a_stated_population_and_keeps_its_source() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let Spring { clients, head, .. } = spring(&store).await;
        let town = |answer: &proto::EvaluateIndicatorResponse| answer.outcomes[0].clone();
        let bare = town(&evaluate(&clients, "resident-participation", "2026", "town", 0).await);
        assert_eq!((bare.value, bare.heads), (3, 300), "residents 1, 2 and 4; the festival stands beside");
        assert!(bare.lacks_population && bare.basis_points.is_none() && bare.reached.is_none());
        state(&clients, "town", "town", 7).await;
        let stated = state(&clients, "town", "town", 8).await;
        set_target(&clients, "resident-participation", "college", "town", share(1, 2)).await;
        let answer = evaluate(&clients, "resident-participation", "2026", "town", 0).await;
        let rate = town(&answer);
        // 3 of 8 are 37.50 %; half of 8 are 4, of which 3 are three quarters.
        assert_eq!(rate.population.clone().unwrap().source, "yearbook-2025");
        assert_eq!(
            (rate.basis_points, rate.reached, rate.progress_basis_points),
            (Some(3_750), Some(false), Some(7_500))
        );
        let then = town(&evaluate(&clients, "resident-participation", "2026", "town", stated - 1).await);
        assert_eq!(then.basis_points, Some(4_285), "3 of the 7 that were stated first");
        assert!(
            town(&evaluate(&clients, "resident-participation", "2026", "town", head).await).lacks_population
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_cascade_and_must_add_up() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let Spring { clients, .. } = spring(&store).await;
        set_target(&clients, "lecture-attendances", "district", "town", count(10)).await;
        set_target(&clients, "lecture-attendances", "town", "school", count(6)).await;
        set_target(&clients, "lecture-attendances", "town", "other", count(3)).await;
        let answer = evaluate(&clients, "lecture-attendances", "2026", "district", 0).await;
        let of = |answer: &proto::EvaluateIndicatorResponse, id: &str| {
            let found =
                answer.outcomes.iter().find(|o| o.organization == name(&format!("organizations/{id}")));
            found.unwrap().clone()
        };
        // The district's own target is that of the preset, 800 (plan 9); of the college nothing was asked.
        let district = of(&answer, "district");
        assert_eq!((district.value, district.target.unwrap()), (6, count(800).unwrap()));
        let children = district.children.unwrap();
        assert_eq!((children.with_target, children.without, children.add_up), (1, 1, None));
        let town = of(&answer, "town");
        assert_eq!((town.value, town.reached, town.progress_basis_points), (6, Some(false), Some(6_000)));
        let children = town.children.unwrap();
        assert_eq!((children.sum, children.wanted, children.add_up), (9, 10, Some(false)));
        set_target(&clients, "lecture-attendances", "town", "other", count(4)).await;
        let again = evaluate(&clients, "lecture-attendances", "2026", "district", 0).await;
        assert_eq!(of(&again, "town").children.unwrap().add_up, Some(true));
        assert_eq!(of(&again, "other").value, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frequency_says_which_windows_are_missing() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let Spring { clients, .. } = spring(&store).await;
        let monthly = evaluate(&clients, "monthly-volunteers", "2026-04..2026-07", "town", 0).await;
        let windows = |outcome: &proto::IndicatorOutcome| -> Vec<(String, u64, String)> {
            outcome.windows.iter().map(|w| (w.window.clone(), w.sessions, w.verdict.clone())).collect()
        };
        let window = |month: &str, sessions, verdict: &str| (month.to_owned(), sessions, verdict.to_owned());
        // It is 1 June: June and July are not over.
        assert_eq!(
            windows(&monthly.outcomes[0]),
            [
                window("2026-04", 3, "met"),
                window("2026-05", 2, "met"),
                window("2026-06", 0, "open"),
                window("2026-07", 0, "open"),
            ]
        );
        assert!(monthly.outcomes[1..].iter().all(|outcome| outcome.windows.is_empty()), "only towns must");
        let early = evaluate(&clients, "monthly-volunteers", "2026-03", "town", 0).await;
        assert_eq!(windows(&early.outcomes[0]), [window("2026-03", 0, "missing")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_defines_its_own_indicator_and_the_next_version_of_one_that_ships() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let Spring { clients, .. } = spring(&store).await;
        let parent = LEDGER.to_owned();
        let list = proto::ListIndicatorsRequest { parent: parent.clone(), min_position: 0 };
        let shipped = clients.reports.clone().list_indicators(list.clone()).await.unwrap().into_inner();
        let sixteen =
            shipped.indicators.iter().find(|held| held.name.ends_with("/lecture-sessions")).unwrap();
        assert_eq!((sixteen.version, sixteen.position, sixteen.target.unwrap()), (1, 0, count(16).unwrap()));
        let define = |document: String| proto::DefineIndicatorRequest {
            parent: parent.clone(),
            request_id: fresh(),
            organization: name("organizations/college"),
            defined_by: "officer-01".to_owned(),
            document,
        };
        let next = sixteen.document.replace("version = 1", "version = 2").replace("count = 16", "count = 3");
        let request = define(next);
        let first = clients.reports.clone().define_indicator(request.clone()).await.unwrap().into_inner();
        assert!(clients.reports.clone().define_indicator(request).await.unwrap().into_inner().replayed);
        let own = sixteen
            .document
            .replace("lecture-sessions", "lecture-minutes")
            .replace("\"sessions\"", "\"minutes\"");
        clients.reports.clone().define_indicator(define(own)).await.unwrap();
        let listed = clients.reports.clone().list_indicators(list).await.unwrap().into_inner();
        assert_eq!(listed.indicators.len(), shipped.indicators.len() + 1);
        let held = evaluate(&clients, "lecture-sessions", "2026", "district", 0).await;
        assert_eq!(held.outcomes[0].reached, Some(true), "5 sessions of at least 3");
        assert_eq!(held.indicator.unwrap().version, 2);
        let minutes = evaluate(&clients, "lecture-minutes", "2026", "district", 0).await;
        assert_eq!(minutes.outcomes[0].value, 420);
        let then = evaluate(&clients, "lecture-sessions", "2026", "district", first.position - 1).await;
        assert_eq!(then.indicator.unwrap().version, 1, "as of before, the one that ships");
    }
}

const TABLE: &str = r#"
    title = "評分表"
    [[items]]
    number = "二"
    title = "城北學校的講座"
    of = { kinds = ["LEC"], organizations = ["school"] }
    [[items]]
    number = "一"
    title = "主題活動"
    section = "活動"
    of = { kinds = ["HDC"] }
    [[items]]
    number = "三"
    title = "競賽"
    of = { kinds = ["CON"] }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_evidence_pack_follows_the_score_table_and_names_nobody() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let Spring { clients, head, .. } = spring(&store).await;
        let request = proto::GetEvidencePackRequest {
            parent: LEDGER.to_owned(),
            period: "2026".to_owned(),
            score_table: TABLE.to_owned(),
            ..Default::default()
        };
        let mut parts = clients.reports.clone().get_evidence_pack(request).await.unwrap().into_inner();
        let mut seen = Vec::new();
        while let Some(message) = parts.message().await.unwrap() {
            assert!(!format!("{message:?}").contains("residents/"));
            seen.push(match message.part.unwrap() {
                Part::Heading(heading) => {
                    format!("{} {} @{}", heading.title, heading.items, heading.position)
                }
                Part::Item(item) => format!("{} {} {}", item.number, item.title, item.entries),
                Part::Entries(entries) => {
                    let days = entries
                        .entries
                        .iter()
                        .map(|e| format!("{} {}+{}", e.occurred_on, e.attendances, e.heads));
                    days.collect::<Vec<_>>().join("; ")
                }
                Part::Total(total) => format!("= {} {} {}", total.attendances, total.heads, total.minutes),
            });
        }
        assert_eq!(
            seen,
            [
                &format!("評分表 3 @{head}"),
                "二 城北學校的講座 3",
                "2026-04-10 1+0; 2026-04-10 1+0; 2026-05-05 1+0",
                "= 3 0 270",
                "一 主題活動 1",
                "2026-04-12 0+300",
                "= 0 300 0",
                "三 競賽 0",
                "= 0 0 0",
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_answer_as_one_are_one_person_from_then_on() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 3).await;
        post(&clients, talk(1, "school", "2026-04-10", 90)).await;
        post(&clients, talk(2, "other", "2026-04-11", 90)).await;
        let closed = close(&clients, "2026-04").await;
        let merged = clients.merge("r0002", "r0001").await.unwrap().position;
        let total = |at: u64| {
            let clients = clients.clone();
            async move { lines(&report(&clients, asked("2026-04", "", &[], at)).await).pop().unwrap() }
        };
        let (_, then, now) = total(0).await;
        assert_eq!((then, now), (Some([2, 2, 0, 2, 180, 0]), [2, 1, 0, 2, 180, 0]));
        assert_eq!(total(closed).await.2, [2, 2, 0, 2, 180, 0], "as it was");
        clients.unmerge("r0002", &[]).await.unwrap();
        assert_eq!(total(0).await.2, [2, 2, 0, 2, 180, 0]);
        assert_eq!(total(merged).await.2[1], 1);
        let clean = creditbank_ledger::verify(Arc::clone(&store), &ledger_id(), |_| {}).await.unwrap();
        assert!(clean.is_clean(), "{clean:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_open_at_an_earlier_position_is_not_missing_there() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let days = Arc::new(AtomicI64::new(0));
        let later = Arc::clone(&days);
        let clock =
            Arc::new(move || june_first_2026() + chrono::TimeDelta::days(later.load(Ordering::SeqCst)));
        let bank = bank_with(Arc::clone(&store), clock, Limits::default()).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 3).await;
        let then = post(&clients, talk(1, "school", "2026-05-10", 90)).await;
        days.store(40, Ordering::SeqCst);
        post(&clients, talk(1, "school", "2026-05-11", 90)).await;
        let verdict = async |at| {
            let june = evaluate(&clients, "monthly-volunteers", "2026-06", "town", at).await;
            june.outcomes[0].windows[0].verdict.clone()
        };
        assert_eq!((verdict(then).await.as_str(), verdict(0).await.as_str()), ("open", "missing"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_packs_that_nobody_reads_take_the_room_of_reports() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        District::build(&Clients::of(&bank).await, 3).await;
        let ledger = bank.ledger(&ledger_id()).await.unwrap();
        let table = ScoreTable::parse(TABLE).unwrap();
        let question = ReportQuestion {
            period: Period::parse("2026", "period").unwrap(),
            organization: None,
            min_position: Position(0),
            as_of: AsOf::Now,
        };
        let mut unread = Vec::new();
        for _ in 0..16 {
            unread.push(ledger.evidence_pack(&table, &question).await.unwrap());
        }
        let refused = ledger.evidence_pack(&table, &question).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::Overloaded);
        unread.pop();
        ledger.evidence_pack(&table, &question).await.unwrap();
        assert!(ledger.report(&question, &[]).await.is_ok(), "those that run at once are not held up");
    }
}
