//! Who is who: what an account is now, and which accounts may be one person's.

use super::balance::{no_such_account, survivor};
use super::kin::Gathered;
use super::page::{Page, PageRequest, position_token};
use super::question::{AsOf, Question};
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::account::Roll;
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, OrganizationId, ResidentId};
use ledger_core::identity::{Candidate, Evidence, MergeRequest, Stay, TieKind, evidence};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use std::collections::BTreeSet;

/// The most candidates of one page (our own default): the lines of both accounts of each are read.
const MAX_CANDIDATES: u32 = 100;
/// Windows of the log that one page of candidates looks at: bounds its work.
const WINDOWS_PER_PAGE: u32 = 64;

/// What an account is.
#[derive(Debug, Clone)]
pub struct Identified {
    /// The account asked about.
    pub resident: ResidentId,
    /// Who opened it.
    pub organization: OrganizationId,
    /// The account that answers in its place, and why; none where it answers for itself.
    pub survivor: Option<(ResidentId, TieKind)>,
    /// The accounts that answer in the one that answers, and why, oldest tie first.
    pub includes: Vec<(ResidentId, TieKind)>,
    /// The household it is in on the day.
    pub stay: Option<Stay>,
    /// The day.
    pub day: OccurredOn,
    /// What waits for a second person, of today only: a proposal is not kept once it is approved.
    pub proposal: Option<Box<MergeRequest>>,
    /// The position the answer is true at.
    pub position: Position,
}

/// Two accounts that may be one person's.
#[derive(Debug, Clone)]
pub struct Duplicate {
    /// The pair.
    pub candidate: Candidate,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
}

impl Ledger {
    /// What an account is at the point a question is about, and its household of a day; without one, of the day of that
    /// point.
    ///
    /// # Errors
    /// `RESIDENT_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn who_is(
        &self,
        id: &ResidentId,
        question: &Question,
        day: Option<OccurredOn>,
    ) -> Result<Identified, Refusal> {
        let account = AccountId::Resident(id.clone());
        let asked = std::slice::from_ref(id);
        let Gathered { kin, point, .. } =
            self.kin_records(asked, question.as_of, question.min_position, &[]).await?;
        let record = kin.record(id).filter(|record| record.registered_at <= point);
        let record = record.ok_or_else(|| no_such_account(&account))?;
        let family = kin.family(id, point).map_err(|_| damaged())?;
        let day = match day {
            Some(day) => day,
            None => self.today_at(question.as_of, point).await?,
        };
        let records = family.members().filter_map(|member| kin.record(member));
        let stay = records
            .flat_map(|record| record.identity.as_of(point).stays)
            .find(|stay| stay.membership.is_on(day));
        let kind = record.identity.into_at(point).map_or(TieKind::Merge, |tie| tie.kind);
        Ok(Identified {
            resident: id.clone(),
            organization: record.resident.organization.clone(),
            survivor: survivor(&account, &family).map(|survivor| (survivor, kind)),
            includes: family.others,
            stay,
            day,
            proposal: record.merge.clone().filter(|_| question.as_of == AsOf::Now),
            position: point,
        })
    }

    /// A page of accounts that may be one person's, in the order in which it showed: without those that are one account
    /// by now, those that were said to be two persons', and those for which nothing speaks any more.
    ///
    /// # Errors
    /// `FIELD_INVALID`, `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn duplicates(
        &self,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<Duplicate>, Refusal> {
        let limit = page.limit()?.min(MAX_CANDIDATES) as usize;
        let after = Position(page.after_position()?);
        let (found, next) = self.candidates(after, limit, min_position).await?;
        let ids: BTreeSet<ResidentId> =
            found.iter().flat_map(|pair| [&pair.resident, &pair.like]).cloned().collect();
        let ids: Vec<ResidentId> = ids.into_iter().collect();
        let told: Vec<StateQuery> =
            found.iter().map(|pair| StateQuery::Exactly(Key::distinct(&pair.resident, &pair.like))).collect();
        let Gathered { kin, reached, besides, .. } = self.kin(&ids, AsOf::Now, min_position, &told).await?;
        let mut items = Vec::new();
        let mut seen = BTreeSet::new();
        for (candidate, distinct) in found.into_iter().zip(besides) {
            let (a, b) = (&candidate.resident, &candidate.like);
            let one = kin.family(a, reached).map_err(|_| damaged())?.has(b);
            if one || !distinct.is_empty() || !seen.insert((a.clone(), b.clone())) {
                continue;
            }
            let evidence = evidence((a, &kin.own(a)), (b, &kin.own(b)));
            if !evidence.is_empty() {
                items.push(Duplicate { candidate, evidence });
            }
        }
        let next_token = next.map(|next| position_token(next.0)).unwrap_or_default();
        Ok(Page { items, next_token, position: reached })
    }

    /// Candidates as they showed after a position, and where the next page begins.
    async fn candidates(
        &self,
        after: Position,
        limit: usize,
        min_position: Position,
    ) -> Result<(Vec<Candidate>, Option<Position>), Refusal> {
        let before = Roll::window(after.next()).checked_sub(1).map(Key::candidates);
        let query =
            StateQuery::Prefix { prefix: "candidates/".to_owned(), after: before, limit: WINDOWS_PER_PAGE };
        let windows = self.read_states(min_position, vec![query]).await?.1.pop().unwrap_or_default();
        let all_windows = windows.len() < WINDOWS_PER_PAGE as usize;
        let mut found: Vec<Candidate> = Vec::new();
        let mut last = None;
        for stored in &windows {
            let State::Candidates(held) = State::decode(&stored.key, &stored.bytes).map_err(damage)? else {
                return Err(damaged());
            };
            last = held.last().map(|candidate| candidate.found_at);
            found.extend(held.into_iter().filter(|candidate| candidate.found_at > after));
            if found.len() > limit {
                break;
            }
        }
        if found.len() > limit {
            // An event shows one pair at most, so a position is a place in the list.
            found.truncate(limit);
            last = found.last().map(|candidate| candidate.found_at);
            return Ok((found, last));
        }
        Ok((found, if all_windows { None } else { last }))
    }
}
