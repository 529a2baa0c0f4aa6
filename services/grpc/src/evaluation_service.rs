//! `creditbank.v1.EvaluationService`.

use crate::account_service::question;
use crate::asked::{answer, of, under};
use crate::convert::{optional, optional_date};
use crate::proto::evaluation_service_server::EvaluationService;
use crate::status::status;
use crate::{names, proto};
use creditbank_ledger::{Bank, Evaluation, Ledger, Question, Yardstick};
use ledger_core::Refusal;
use ledger_core::id::{LedgerId, SelectionId, StandardId};
use ledger_core::quantity::Position;
use ledger_core::registry::Names;
use ledger_core::selection::{
    Bar, Candidate, ItemScore, Measure, PRESETS, Ranked, RankedDifference, RankedList, ScoreSheet, Standard,
};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Candidates of one message.
const PAGE: usize = 256;
/// Messages that wait for a slow reader of a list.
const BUFFER: usize = 4;

pub(crate) struct EvaluationDoor {
    pub(crate) bank: Arc<Bank>,
    /// Becomes true when the server goes down: open streams end then.
    pub(crate) closing: watch::Receiver<bool>,
}

pub(crate) fn words([hant, hans, en]: [String; 3]) -> proto::LocalizedText {
    proto::LocalizedText { hant, hans, en }
}

pub(crate) fn name(names: &Names) -> proto::LocalizedText {
    words([&names.hant, &names.hans, &names.en].map(ToString::to_string))
}

/// What the candidates of a request are measured by.
async fn yardstick(ledger: &Ledger, asked: Option<proto::Yardstick>) -> Result<Yardstick, Refusal> {
    let told = yardstick_of(ledger, asked.unwrap_or_default()).await;
    told.map_err(|refusal| {
        let fields = [
            ("document", "yardstick.document"),
            ("standard", "yardstick.standard"),
            ("name", "yardstick.selection"),
            ("selection", "yardstick.selection"),
            ("window_to", "yardstick.window_to"),
        ];
        crate::convert::rename(refusal, &fields)
    })
}

async fn yardstick_of(ledger: &Ledger, asked: proto::Yardstick) -> Result<Yardstick, Refusal> {
    let standard = optional(&asked.standard, |raw| {
        StandardId::parse(raw).map_err(|refusal| crate::convert::at(refusal, "yardstick.standard"))
    })?;
    let document = (!asked.document.is_empty()).then_some(asked.document.as_str());
    let selection =
        optional(&asked.selection, |raw| names::selection(ledger.id(), raw, "yardstick.selection"))?;
    let mut yardstick = match &selection {
        Some(id) => {
            let (of_selection, record) = ledger.selection_yardstick(id).await?;
            match (&standard, document) {
                (None, None) => of_selection,
                // Another standard on the same applicants.
                _ => {
                    let other = ledger.yardstick(standard.as_ref(), document).await?;
                    let counted_on = Some(record.opened.counted_on);
                    Yardstick { window: record.opened.window, counted_on, selection, ..other }
                }
            }
        }
        None => ledger.yardstick(standard.as_ref(), document).await?,
    };
    let from = optional_date(&asked.window_from, "yardstick.window_from")?;
    let to = optional_date(&asked.window_to, "yardstick.window_to")?;
    if from.is_some() || to.is_some() {
        yardstick.looks_at(from, to)?;
    }
    if let Some(day) = optional_date(&asked.counted_on, "yardstick.counted_on")? {
        yardstick.counted_on = Some(day);
    }
    yardstick.places = Some(asked.places).filter(|places| *places > 0).or(yardstick.places);
    Ok(yardstick)
}

/// The entries behind each measure.
type Entries = BTreeMap<Measure, Vec<Position>>;

fn wire_item(
    ledger: &LedgerId,
    standard: &Standard,
    item: &ItemScore,
    entries: Option<&Entries>,
) -> proto::ItemScore {
    let of_standard = standard.item(item.item.as_str());
    let base = names::ledger_name(ledger);
    let behind = |measure: Measure| {
        let positions = entries.and_then(|entries| entries.get(&measure)).into_iter().flatten();
        positions.map(|position| format!("{base}/entries/{position}")).collect()
    };
    let needs = item.needs.iter().map(|need| proto::MeasuredNeed {
        measure: need.measure.to_string(),
        has: need.has,
        needs: need.needs,
        entries: behind(need.measure),
    });
    proto::ItemScore {
        item: item.item.to_string(),
        name: of_standard.map(|item| name(&item.names)),
        points: item.points,
        most_points: of_standard.map_or(0, |item| item.points),
        measured_points: item.measured,
        judged_points: item.judged,
        open_points: item.open,
        needs: needs.collect(),
        missing: item.next.iter().filter_map(|need| need.sentences().map(words)).collect(),
    }
}

fn wire_bar(standard: &Standard, bar: &Bar) -> proto::CandidateBar {
    proto::CandidateBar {
        bar: bar.as_str().to_owned(),
        json: bar.to_json(),
        sentence: Some(words(bar.sentences(standard))),
    }
}

fn wire_candidate(
    ledger: &LedgerId,
    standard: &Standard,
    candidate: &Candidate,
    entries: Option<&Entries>,
) -> proto::RankedCandidate {
    let base = names::ledger_name(ledger);
    let Candidate { account, community, year, sheet, applied_on, bars, .. } = candidate;
    let ScoreSheet { items, points, most, pass_points } = sheet;
    proto::RankedCandidate {
        account: format!("{base}/{account}"),
        community: format!("{base}/organizations/{community}"),
        rank: 0,
        outcome: String::new(),
        points: *points,
        most_points: *most,
        pass_points: *pass_points,
        members: year.members,
        items: items.iter().map(|item| wire_item(ledger, standard, item, entries)).collect(),
        bars: bars.iter().map(|bar| wire_bar(standard, bar)).collect(),
        applied_on: crate::convert::text(*applied_on),
    }
}

fn wire_ranked(
    ledger: &LedgerId,
    standard: &Standard,
    ranked: &Ranked,
    entries: Option<&Entries>,
) -> proto::RankedCandidate {
    proto::RankedCandidate {
        rank: ranked.rank.unwrap_or(0),
        outcome: ranked.outcome.as_str().to_owned(),
        ..wire_candidate(ledger, standard, &ranked.candidate, entries)
    }
}

fn wire_basis(list: &RankedList) -> Result<proto::ListBasis, Refusal> {
    let basis = &list.basis;
    let base = names::ledger_name(&basis.ledger);
    let policies = basis.policies.iter();
    let policies =
        policies.map(|(policy, version, _)| format!("{base}/policies/{policy}/versions/{version}"));
    let count = |of: fn(&Ranked) -> bool| list.ranked.iter().filter(|ranked| of(ranked)).count() as u64;
    Ok(proto::ListBasis {
        position: basis.position.0,
        window_from: basis.window.from.to_string(),
        window_to: basis.window.to.to_string(),
        counted_on: basis.counted_on.to_string(),
        standard: basis.standard.to_string(),
        standard_version: basis.version,
        standard_sha256: basis.standard_digest.to_string(),
        places: basis.places.unwrap_or(0),
        sha256: creditbank_ledger::digest_of(list)?.to_string(),
        candidates: list.ranked.len() as u64,
        qualified: count(|ranked| ranked.rank.is_some()),
        chosen: count(|ranked| ranked.outcome.is_chosen()),
        policies: policies.collect(),
        tie_sha256: crate::convert::text(list.open_tie().map(|tie| tie.digest)),
    })
}

/// A list that is asked for.
struct Wanted {
    yardstick: Yardstick,
    question: Question,
    limit: usize,
    entries: bool,
}

type Part = Result<proto::RankHouseholdsResponse, Status>;

/// Sends a list, as fast as its reader takes it; ends when the reader goes away.
async fn send(ledger: Arc<Ledger>, wanted: Wanted, sender: mpsc::Sender<Part>) {
    if let Err(Some(refusal)) = parts(&ledger, &wanted, &sender).await {
        // The reader may have gone.
        let _ = sender.send(Err(status(refusal))).await;
    }
}

/// None where the reader has gone.
async fn parts(ledger: &Ledger, wanted: &Wanted, sender: &mpsc::Sender<Part>) -> Result<(), Option<Refusal>> {
    // A list lies in memory until it is read to its end.
    let _room = ledger.report_room().await?;
    let Wanted { yardstick, question, limit, entries } = wanted;
    let list = ledger.rank(yardstick, question).await?;
    let first = proto::RankHouseholdsResponse { basis: Some(wire_basis(&list)?), candidates: Vec::new() };
    sender.send(Ok(first)).await.map_err(|_| None)?;
    for page in list.ranked.get(..*limit).unwrap_or(&list.ranked).chunks(PAGE) {
        let told = if *entries {
            let accounts = page.iter().map(|ranked| ranked.candidate.account.clone()).collect();
            ledger.evaluate_all(accounts, yardstick, &list.basis).await?
        } else {
            Vec::new()
        };
        let candidates = page.iter().enumerate().map(|(n, ranked)| {
            let entries = told.get(n).map(|evaluation: &Evaluation| &evaluation.entries);
            wire_ranked(ledger.id(), &yardstick.standard, ranked, entries)
        });
        let part = proto::RankHouseholdsResponse { basis: None, candidates: candidates.collect() };
        sender.send(Ok(part)).await.map_err(|_| None)?;
    }
    Ok(())
}

type DifferencesPart = Result<proto::ListSelectionDifferencesResponse, Status>;

/// Sends the differences from a frozen list, as fast as their reader takes them.
async fn send_differences(
    ledger: Arc<Ledger>,
    selection: SelectionId,
    question: Question,
    sender: mpsc::Sender<DifferencesPart>,
) {
    let told = async {
        let _room = ledger.report_room().await?;
        let found = ledger.selection_differences(&selection, &question).await?;
        let heading = proto::DifferencesHeading {
            differences: u32::try_from(found.rows.len()).unwrap_or(u32::MAX),
            sha256: crate::convert::text(found.digest),
            position: found.position.0,
        };
        let first =
            proto::ListSelectionDifferencesResponse { heading: Some(heading), differences: Vec::new() };
        sender.send(Ok(first)).await.map_err(|_| None)?;
        for page in found.rows.chunks(PAGE) {
            let wire = |ranked| Some(wire_ranked(ledger.id(), &found.standard, ranked, None));
            let differences = page
                .iter()
                .map(|RankedDifference { was, is }| proto::RankedDifference { was: wire(was), is: wire(is) })
                .collect();
            let part = proto::ListSelectionDifferencesResponse { heading: None, differences };
            sender.send(Ok(part)).await.map_err(|_| None)?;
        }
        Ok::<_, Option<Refusal>>(())
    };
    if let Err(Some(refusal)) = told.await {
        // The reader may have gone.
        let _ = sender.send(Err(status(refusal))).await;
    }
}

impl EvaluationDoor {
    /// Runs what sends to a stream until it has ended, its reader has gone, or the server goes down.
    fn stream<T: Send + 'static, F>(
        &self,
        send: impl FnOnce(mpsc::Sender<T>) -> F,
    ) -> Pin<Box<dyn Stream<Item = T> + Send>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, parts) = mpsc::channel(BUFFER);
        let gone = sender.clone();
        let sending = send(sender);
        let mut closing = self.closing.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = sending => {}
                () = gone.closed() => {}
                _ = closing.wait_for(|closing| *closing) => {}
            }
        });
        Box::pin(ReceiverStream::new(parts))
    }
}

#[tonic::async_trait]
impl EvaluationService for EvaluationDoor {
    async fn evaluate_household(
        &self,
        request: Request<proto::EvaluateHouseholdRequest>,
    ) -> Result<Response<proto::EvaluateHouseholdResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let account = names::account(&id, &request.name, "name")?;
            let yardstick = yardstick(&ledger, request.yardstick).await?;
            let question =
                question(request.min_position, request.as_of_position, request.as_of_time, "", "")?;
            let told = ledger.evaluate(&account, &yardstick, &question).await;
            let told = told.map_err(|refusal| crate::convert::rename(refusal, &[("account", "name")]))?;
            let standard = &yardstick.standard;
            Ok::<_, Refusal>(proto::EvaluateHouseholdResponse {
                candidate: Some(wire_candidate(&id, standard, &told.candidate, Some(&told.entries))),
                counted_on: told.counted_on.to_string(),
                position: told.position.0,
            })
        })
    }

    type RankHouseholdsStream = Pin<Box<dyn Stream<Item = Part> + Send>>;

    async fn rank_households(
        &self,
        request: Request<proto::RankHouseholdsRequest>,
    ) -> Result<Response<Self::RankHouseholdsStream>, Status> {
        answer!(self, request, {
            let (_, ledger) = under(&self.bank, &request.parent).await?;
            let yardstick = yardstick(&ledger, request.yardstick).await?;
            let question =
                question(request.min_position, request.as_of_position, request.as_of_time, "", "")?;
            let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
            let wanted = Wanted { yardstick, question, limit, entries: request.include_entries };
            let stream: Self::RankHouseholdsStream = self.stream(|sender| send(ledger, wanted, sender));
            Ok::<_, Refusal>(stream)
        })
    }

    async fn verify_selection(
        &self,
        request: Request<proto::VerifySelectionRequest>,
    ) -> Result<Response<proto::VerifySelectionResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let _room = ledger.report_room().await?;
            let verified = ledger.verify_selection(&selection).await?;
            Ok::<_, Refusal>(proto::VerifySelectionResponse {
                same: verified.is_same(),
                frozen_sha256: verified.frozen.digest.to_string(),
                basis: Some(wire_basis(&verified.list)?),
            })
        })
    }

    type ListSelectionDifferencesStream = Pin<Box<dyn Stream<Item = DifferencesPart> + Send>>;

    async fn list_selection_differences(
        &self,
        request: Request<proto::ListSelectionDifferencesRequest>,
    ) -> Result<Response<Self::ListSelectionDifferencesStream>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let question = question(request.min_position, request.as_of_position, None, "", "")?;
            let stream: Self::ListSelectionDifferencesStream =
                self.stream(|sender| send_differences(ledger, selection, question, sender));
            Ok::<_, Refusal>(stream)
        })
    }

    async fn list_standard_presets(
        &self,
        request: Request<proto::ListStandardPresetsRequest>,
    ) -> Result<Response<proto::ListStandardPresetsResponse>, Status> {
        answer!(self, request, {
            let proto::ListStandardPresetsRequest {} = request;
            let documents = PRESETS.iter().map(|document| (*document).to_owned()).collect();
            Ok::<_, Refusal>(proto::ListStandardPresetsResponse { documents })
        })
    }
}
