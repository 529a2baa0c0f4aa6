//! Decisions on who is who: merging accounts, undoing it, changing an id, telling two people apart.

use super::approval::{Proposal, proposal_changed};
use super::kin::NOW;
use super::person::not_erased;
use super::registry::scope;
use super::{Desk, open};
use crate::account::Line;
use crate::approval::Approval;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{OrganizationId, PersonId, ResidentId};
use crate::identity::{
    Family, IdentifierChanged, MAX_FAMILY, MAX_TIES, MergeAct, MergeProposed, MergeRequest,
    ResidentsDistinguished, ResidentsMerged, ResidentsUnmerged, Stay, TieKind,
};
use crate::projection::{Key, ResidentRecord, State, States};
use crate::quantity::Position;
use crate::registry::{InstitutionType, OrganizationRecord};
use crate::{Reason, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// Entries that a refusal names (our own default): a clerk works through them and asks again.
const NAMED: usize = 20;

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn propose_merge(&self, act: &MergeAct, proposed_by: &PersonId) -> Result<Vec<Fact>, Refusal> {
        let organization = self.poster()?.organization.organization.clone();
        // What is refused already is not worth a second person's time.
        self.merge_act(act, None)?;
        Ok(vec![Fact::MergeProposed(Box::new(MergeProposed {
            act: act.clone(),
            accounts: self.accounts_of(act)?,
            organization,
            proposed_by: proposed_by.clone(),
            expires_on: self.proposal_ends()?,
        }))])
    }

    /// Decides once more, on what stands now, for the organisation that approves.
    pub(super) fn approve_merge(
        &self,
        merged: &ResidentId,
        digest: Digest32,
        approved_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        let Some(MergeRequest { proposed_at, proposed }) = self.resident(merged, "merged")?.merge.as_deref()
        else {
            return Err(Refusal::field(
                Reason::MergeNotFound,
                "merged",
                format!(
                    "帳戶「{merged}」沒有待核准的合併或拆開，請先提出。\
                     No merge of \"{merged}\", nor its undoing, waits for approval: propose it first."
                ),
            ));
        };
        if self.accounts_of(&proposed.act)? != proposed.accounts {
            // Accounts were merged or taken apart since.
            return Err(proposal_changed(proposed.digest()));
        }
        let proposal = Proposal {
            digest: proposed.digest(),
            proposed_by: &proposed.proposed_by,
            expires_on: Some(proposed.expires_on),
        };
        self.may_approve(&proposal, digest, approved_by)?;
        let approval = Approval {
            proposed_at: *proposed_at,
            proposed_by: proposed.proposed_by.clone(),
            approved_by: approved_by.clone(),
        };
        Ok(vec![self.merge_act(&proposed.act, Some(approval))?])
    }

    /// All accounts that answer as one with those of an act.
    fn accounts_of(&self, act: &MergeAct) -> Result<Vec<ResidentId>, Refusal> {
        let mut accounts: Vec<ResidentId> = self.family(act.merged())?.members().cloned().collect();
        if let MergeAct::Merge { survivor, .. } = act {
            accounts.extend(self.family(survivor)?.members().cloned());
        }
        Ok(accounts)
    }

    fn merge_act(&self, act: &MergeAct, approval: Option<Approval>) -> Result<Fact, Refusal> {
        match act {
            MergeAct::Merge { merged, survivor } => self.merge(merged, survivor, approval),
            MergeAct::Unmerge { merged, kept } => self.unmerge(merged, kept, approval),
        }
    }

    fn merge(
        &self,
        merged: &ResidentId,
        survivor: &ResidentId,
        approval: Option<Approval>,
    ) -> Result<Fact, Refusal> {
        if merged == survivor {
            return Err(one_account("survivor"));
        }
        let poster = self.poster()?;
        let from = self.resident(merged, "merged")?;
        let into = self.resident(survivor, "survivor")?;
        self.stands_for(poster, [from, into])?;
        if self.answers_for(survivor, NOW)? == *merged {
            return Err(Refusal::field(
                Reason::MergeCycle,
                "survivor",
                format!(
                    "「{survivor}」已併入「{merged}」，不能倒過來再併；若方向錯了，先拆開再合併。\
                     \"{survivor}\" answers in \"{merged}\" already: undo that merge first to turn it round."
                ),
            ));
        }
        self.answers_for_itself(from, "merged")?;
        self.answers_for_itself(into, "survivor")?;
        let (ours, theirs) = (self.family(survivor)?, self.family(merged)?);
        let full = ours.size() + theirs.size() > MAX_FAMILY;
        room_for_a_tie(from, into, full)?;
        self.no_session_twice(&ours, &theirs)?;
        self.one_household(poster, &ours, &theirs)?;
        Ok(Fact::ResidentsMerged(ResidentsMerged {
            merged: merged.clone(),
            survivor: survivor.clone(),
            organization: poster.organization.organization.clone(),
            approval,
        }))
    }

    /// An organisation above both accounts' openers, or the district itself.
    fn stands_for<'r>(
        &self,
        poster: &OrganizationRecord,
        records: impl IntoIterator<Item = &'r ResidentRecord>,
    ) -> Result<(), Refusal> {
        let district = poster.organization.institution_type == InstitutionType::District;
        if district && poster.ancestors.is_empty() {
            return Ok(());
        }
        for record in records {
            let opener = self.organization(&record.resident.organization, "organization")?;
            if !opener.answers_to(&poster.organization.organization) {
                return Err(scope(
                    "由開立這些帳戶的機構、它們共同的上級或區辦理。\
                     The organisation that opened the accounts, one above all of them, or the district does this.",
                ));
            }
        }
        Ok(())
    }

    fn lines_of(&self, family: &Family) -> Result<Vec<&'a Line>, Refusal> {
        let mut lines = Vec::new();
        for member in family.members() {
            lines.extend(self.buckets(member)?.flat_map(|bucket| bucket.live()));
        }
        Ok(lines)
    }

    /// A person sits in a session once.
    fn no_session_twice(&self, ours: &Family, theirs: &Family) -> Result<(), Refusal> {
        let told = |line: &&Line| line.session != 0;
        let held: BTreeMap<u64, Position> =
            self.lines_of(ours)?.into_iter().filter(told).map(|line| (line.session, line.position)).collect();
        let twice: Vec<String> = self
            .lines_of(theirs)?
            .into_iter()
            .filter_map(|line| Some(format!("{}={}", line.position, held.get(&line.session)?)))
            .collect();
        if twice.is_empty() {
            return Ok(());
        }
        let named = twice.iter().take(NAMED).cloned().collect::<Vec<_>>().join(",");
        Err(Refusal::field(
            Reason::MergeDuplicateSession,
            "merged",
            format!(
                "兩個帳戶有 {} 場重複（{named}），請先把每一場沖正一筆，再合併。\
                 Both accounts have the same {} sessions ({named}): reverse one entry of each pair, then merge.",
                twice.len(),
                twice.len()
            ),
        )
        .with("sessions", twice.len())
        .with("entries", named))
    }

    /// A person is in one household at a time.
    fn one_household(
        &self,
        poster: &OrganizationRecord,
        ours: &Family,
        theirs: &Family,
    ) -> Result<(), Refusal> {
        let (ours, theirs) = (self.stays(ours)?, self.stays(theirs)?);
        for stay in &theirs {
            let when = &stay.membership.term;
            let clash = |held: &&&Stay| {
                held.household != stay.household && held.membership.term.meets(when.from, when.to)
            };
            if let Some(held) = ours.iter().find(clash) {
                return Err(self.in_another_household(poster, held, "merged"));
            }
        }
        Ok(())
    }

    pub(super) fn stays(&self, family: &Family) -> Result<Vec<&'a Stay>, Refusal> {
        Ok(self.records(family)?.into_iter().flat_map(|record| &record.identity.stays).collect())
    }

    fn unmerge(
        &self,
        merged: &ResidentId,
        kept: &[Position],
        approval: Option<Approval>,
    ) -> Result<Fact, Refusal> {
        let poster = self.poster()?;
        let from = self.resident(merged, "merged")?;
        let tie = from.identity.answers_in();
        let Some(tie) = tie.filter(|tie| tie.kind == TieKind::Merge) else {
            return Err(Refusal::field(
                Reason::NotMerged,
                "merged",
                format!(
                    "帳戶「{merged}」沒有併入別的帳戶，不必拆開；若是改號，請改回原號。\
                     The account \"{merged}\" was not merged: nothing is to undo. If its id was changed, change it back."
                ),
            ));
        };
        not_erased(from, "merged")?;
        let into = self.resident(&tie.other, "merged")?;
        self.stands_for(poster, [from, into])?;
        self.nothing_redeemed_since(merged, tie.since)?;
        let kept: BTreeSet<Position> = kept.iter().copied().collect();
        let mut new = BTreeSet::new();
        for member in self.family(merged)?.members() {
            for line in self.buckets(member)?.flat_map(|bucket| bucket.live()) {
                // Posted to the account that answered for it then: nobody knows for whom.
                if line.position > tie.since && self.answers_for(merged, line.position)? == *member {
                    new.insert(line.position);
                }
            }
        }
        if let Some(strange) = kept.difference(&new).next() {
            return Err(Refusal::field(
                Reason::EntryNotFound,
                "kept",
                format!(
                    "第 {strange} 號不是合併後新記的有效記錄，請刪去。\
                     Entry {strange} is none that was posted since the merge and stands: leave it out."
                ),
            ));
        }
        let unclear: Vec<Position> = new.difference(&kept).copied().collect();
        if !unclear.is_empty() {
            let named = unclear.iter().take(NAMED).map(Position::to_string).collect::<Vec<_>>().join(",");
            return Err(Refusal::field(
                Reason::UnmergeAmbiguous,
                "merged",
                format!(
                    "合併後又記了 {} 筆（{named}），不知屬於誰。屬於留存帳戶的，列在 kept；\
                     屬於「{merged}」的，先沖正，拆開後再記。\
                     {} entries were posted since the merge ({named}): name those that stay in kept, and reverse \
                     those of \"{merged}\" to post them anew afterwards.",
                    unclear.len(),
                    unclear.len()
                ),
            )
            .with("count", unclear.len())
            .with("entries", named));
        }
        Ok(Fact::ResidentsUnmerged(ResidentsUnmerged {
            merged: merged.clone(),
            survivor: tie.other.clone(),
            organization: poster.organization.organization.clone(),
            kept: kept.into_iter().collect(),
            approval,
        }))
    }

    /// What was redeemed since a merge was one person's credit: nobody can say whose it would be now.
    fn nothing_redeemed_since(&self, merged: &ResidentId, since: Position) -> Result<(), Refusal> {
        let mut redeemed = Vec::new();
        for member in self.family(merged)?.members() {
            for (at, _) in self.redeemed(member).into_iter().flat_map(|held| &held.redemptions) {
                if *at > since && self.answers_for(merged, *at)? == *member {
                    redeemed.push(*at);
                }
            }
        }
        if redeemed.is_empty() {
            return Ok(());
        }
        redeemed.sort_unstable();
        let named = redeemed.iter().take(NAMED).map(Position::to_string).collect::<Vec<_>>().join(",");
        Err(Refusal::field(
            Reason::UnmergeAmbiguous,
            "merged",
            format!(
                "合併後兌換過 {} 次學分（{named}），不知是誰的，不能再拆開；請區社區學院查明。\
                 Credit was redeemed {} times since the merge ({named}), and nobody can say whose it was: the merge \
                 stays. Ask the district to look into it.",
                redeemed.len(),
                redeemed.len()
            ),
        )
        .with("count", redeemed.len())
        .with("redemptions", named))
    }

    /// A resident's account that answers for itself, where the organisation that asks opened it or stands above.
    pub(super) fn own_account(
        &self,
        resident: &ResidentId,
    ) -> Result<(&'a OrganizationRecord, &'a ResidentRecord), Refusal> {
        let poster = self.poster()?;
        let record = self.resident(resident, "resident")?;
        let opener = self.organization(&record.resident.organization, "organization")?;
        if !opener.answers_to(&poster.organization.organization) {
            return Err(scope(
                "由開戶機構或它的上級辦理。The organisation that opened the account, or one above it, does this.",
            ));
        }
        self.answers_for_itself(record, "resident")?;
        Ok((poster, record))
    }

    pub(super) fn change_identifier(
        &self,
        resident: &ResidentId,
        to: &ResidentId,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, record) = self.own_account(resident)?;
        let acting = &poster.organization.organization;
        let held = match self.states.get(&Key::resident(to)) {
            Some(State::Resident(held)) => Some(held),
            _ => None,
        };
        let former = |held: &ResidentRecord| {
            let tie = held.identity.answers_in();
            tie.is_some_and(|tie| tie.kind == TieKind::Rename && tie.other == *resident)
        };
        if held.is_some_and(|held| !former(held)) {
            return Err(Refusal::field(
                Reason::AlreadyRegistered,
                "new_resident_id",
                format!(
                    "號碼「{to}」已經有帳戶；若是同一個人，請用合併；否則另取號碼。\
                     The id \"{to}\" has an account already: merge them if it is the same person, or choose another id."
                ),
            ));
        }
        let full = held.is_none() && self.family(resident)?.size() >= MAX_FAMILY;
        room_for_a_tie(record, held.unwrap_or(record), full)?;
        Ok(vec![Fact::IdentifierChanged(IdentifierChanged {
            resident: resident.clone(),
            to: to.clone(),
            organization: acting.clone(),
            opened_by: record.resident.organization.clone(),
        })])
    }

    pub(super) fn distinguish(
        &self,
        resident: &ResidentId,
        other: &ResidentId,
    ) -> Result<Vec<Fact>, Refusal> {
        if resident == other {
            return Err(one_account("other"));
        }
        let poster = self.poster()?;
        let records = [self.resident(resident, "resident")?, self.resident(other, "other")?];
        self.stands_for(poster, records)?;
        if self.family(resident)?.has(other) {
            self.answers_for_itself(records[0], "resident")?;
            self.answers_for_itself(records[1], "other")?;
        }
        if self.states.get(&Key::distinct(resident, other)).is_some() {
            return Ok(vec![]);
        }
        Ok(vec![Fact::ResidentsDistinguished(ResidentsDistinguished {
            resident: resident.clone(),
            other: other.clone(),
            organization: poster.organization.organization.clone(),
        })])
    }

    /// Whether an organisation may hear of a household: its own community, or one above it.
    pub(super) fn sees(&self, poster: &OrganizationRecord, community: &OrganizationId) -> bool {
        matches!(self.states.get(&Key::organization(community)),
            Some(State::Organization(record)) if record.answers_to(&poster.organization.organization))
    }
}

fn one_account(field: &str) -> Refusal {
    Refusal::field(
        Reason::MergeSelf,
        field,
        "兩個號碼是同一個帳戶，請查對號碼。Both ids are the same account: check them.",
    )
}

fn room_for_a_tie(from: &ResidentRecord, into: &ResidentRecord, full: bool) -> Result<(), Refusal> {
    if !full && from.identity.into.len() < MAX_TIES && into.identity.of.len() < MAX_TIES {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::MergeLimit,
        format!(
            "同一人至多 {MAX_FAMILY} 個號碼，一個帳戶至多合併、拆開 {MAX_TIES} 次，請查明。\
             One person has at most {MAX_FAMILY} ids, and an account is tied at most {MAX_TIES} times: look into it."
        ),
    )
    .with("ids", MAX_FAMILY)
    .with("ties", MAX_TIES))
}

/// An organisation that asks must be open; that of a household too.
pub(super) fn of_the_household(
    record: &OrganizationRecord,
    poster: &OrganizationRecord,
) -> Result<(), Refusal> {
    open(poster, "organization")?;
    if record.answers_to(&poster.organization.organization) {
        return Ok(());
    }
    Err(scope(
        "由家庭所在的社區或它的上級辦理。The community of the household, or an organisation above it, does this.",
    ))
}
