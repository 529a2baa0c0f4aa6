//! Random walks through a selection: a model that knows only the order of the steps agrees with every answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use harness::assert_folds;
use harness::selection::{APPLY_DAYS, District, SMALL, evidence};
use ledger_core::approval::PROPOSAL_DAYS;
use ledger_core::selection::Stage;
use ledger_core::selection::step::ObjectionAct;
use proptest::prelude::*;

/// What one candidate has come to, by a model that knows only the order of the steps.
#[derive(Debug, Clone, Copy, Default)]
struct Applied {
    stands: bool,
    verified: Option<bool>,
    reviewed: Option<bool>,
    judged: bool,
    veto: bool,
}

impl Applied {
    fn qualifies(self) -> bool {
        self.stands && self.verified == Some(true) && self.reviewed == Some(true) && self.judged && !self.veto
    }
}

/// The model of a selection's stages.
#[derive(Debug, Clone)]
struct Model {
    stage: Stage,
    of: [Applied; 3],
    /// Who proposed it, and on which day.
    freeze: Option<(usize, u32)>,
    naming: Option<(usize, u32)>,
    /// Whether nothing was recorded since the last proposal.
    fresh: bool,
    chosen: Vec<usize>,
    named: Vec<usize>,
    today: u32,
    notice_until: u32,
    objection: Option<(usize, u64, Objection)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Objection {
    Raised,
    Answered { by: usize, upheld: bool, until: u32 },
    Appealed { answered_by: usize, by: usize },
    Settled { upheld: bool },
}

#[derive(Debug, Clone, Copy)]
struct Op {
    kind: u8,
    candidate: usize,
    who: usize,
    flag: bool,
}

const HOUSEHOLDS: [&str; 3] = ["h1", "h2", "h3"];
const OFFICERS: [&str; 3] = ["officer-1", "officer-2", "officer-3"];

impl Model {
    fn new() -> Model {
        Model {
            stage: Stage::Open,
            of: [Applied::default(); 3],
            freeze: None,
            naming: None,
            fresh: false,
            chosen: Vec::new(),
            named: Vec::new(),
            today: 0,
            notice_until: 0,
            objection: None,
        }
    }

    fn may_apply(&self) -> bool {
        self.stage == Stage::Open && self.today <= APPLY_DAYS
    }

    /// Another person, in time.
    fn approves(&self, who: usize, (proposer, on): (usize, u32)) -> bool {
        proposer != who && self.in_time(on)
    }

    fn in_time(&self, proposed_on: u32) -> bool {
        self.today <= proposed_on + PROPOSAL_DAYS
    }

    fn may_freeze(&self) -> bool {
        self.stage == Stage::Open && self.today > APPLY_DAYS
    }

    fn is_unnamed(&self) -> bool {
        self.stage < Stage::Named
    }

    fn objections_over(&self) -> bool {
        match self.objection {
            None | Some((_, _, Objection::Settled { .. })) => true,
            Some((_, _, Objection::Answered { until, .. })) => until < self.today,
            _ => false,
        }
    }

    fn upheld(&self, candidate: usize) -> bool {
        matches!(self.objection,
            Some((of, _, Objection::Answered { upheld: true, .. } | Objection::Settled { upheld: true })) if of == candidate)
    }

    /// The step that the order would have next.
    fn next(&self, op: Op) -> Op {
        let kind = match self.stage {
            Stage::Open => match self.of[op.candidate] {
                Applied { stands: false, reviewed, .. } if self.may_apply() && reviewed != Some(false) => 0,
                Applied { stands: true, verified: None, .. } => 2,
                Applied { stands: true, verified: Some(true), reviewed: None, .. } => 3,
                Applied { stands: true, reviewed: Some(true), judged: false, .. } => 4,
                _ if !self.may_freeze() => 14,
                _ if self.freeze.is_some_and(|(_, on)| self.in_time(on)) && self.fresh => 7,
                _ => 6,
            },
            Stage::Frozen => 8,
            Stage::Noticed if self.today <= self.notice_until => 14,
            Stage::Noticed if !self.objections_over() => [11, 12, 13, 14][usize::from(op.flag) + op.who],
            Stage::Noticed if self.naming.is_some_and(|(_, on)| self.in_time(on)) && self.fresh => 16,
            Stage::Noticed => 15,
            Stage::Named | Stage::Closed => 17,
        };
        // Who approves is another than who proposed.
        let who = match (kind, self.freeze, self.naming) {
            (7, Some((proposer, _)), _) | (16, _, Some((proposer, _))) => (proposer + 1) % OFFICERS.len(),
            _ => op.who,
        };
        Op { kind, who, flag: true, ..op }
    }

    /// Does a step in the model and in the ledger; both must agree on whether it may be done.
    fn play(&mut self, district: &mut District, op: Op) -> Result<(), TestCaseError> {
        let Op { kind, candidate, who, flag } = op;
        let household = HOUSEHOLDS[candidate];
        let officer = OFFICERS[who];
        let applied = self.of[candidate];
        let open = self.stage == Stage::Open;
        let noticed = self.stage == Stage::Noticed;
        let qualified: Vec<usize> = (0..3).filter(|n| self.of[*n].qualifies()).collect();
        let number = self.objection.map_or(ledger_core::quantity::Position(1), |(_, number, _)| {
            ledger_core::quantity::Position(number)
        });
        let standing = self.objection.map(|(_, _, standing)| standing);
        let (may, done) = match kind {
            0 => {
                let may = self.may_apply() && !applied.stands && applied.reviewed != Some(false);
                (may, district.apply(household))
            }
            1 => (applied.stands && self.is_unnamed(), district.withdraw(household)),
            2 => (applied.stands && open && applied.verified.is_none(), district.verify(household, flag)),
            3 => (
                applied.stands && open && applied.verified == Some(true) && applied.reviewed.is_none(),
                district.review(household, flag),
            ),
            4 => (
                applied.stands && open && applied.reviewed == Some(true) && !applied.judged,
                district.judge(household, "habit", 7, "judge-1"),
            ),
            5 => (applied.stands && self.is_unnamed() && !applied.veto, district.veto(household)),
            6 => {
                let chosen = if flag { qualified } else { vec![candidate] };
                let all = chosen.iter().all(|n| self.of[*n].qualifies());
                let names: Vec<&str> = chosen.iter().map(|n| HOUSEHOLDS[*n]).collect();
                let done = district.propose_freeze(&names, officer);
                let may = self.may_freeze() && all;
                if may {
                    self.chosen = chosen;
                }
                (may, done)
            }
            7 => {
                let may = self.may_freeze()
                    && self.freeze.is_some_and(|held| self.approves(who, held))
                    && self.fresh;
                (may, district.approve_freeze(officer))
            }
            8 => (self.stage == Stage::Frozen, district.notice()),
            9 => {
                let may = matches!(self.stage, Stage::Frozen | Stage::Noticed);
                (may, district.note_differences(evidence()))
            }
            10 => {
                let in_time = self.today <= self.notice_until;
                if self.objection.is_some() {
                    return Ok(());
                }
                (applied.stands && noticed && in_time, district.object(household).map(drop))
            }
            11 => {
                let may = noticed && standing == Some(Objection::Raised);
                (may, district.objection(number, ObjectionAct::Answer { upheld: flag }, officer))
            }
            12 => {
                let in_time =
                    matches!(standing, Some(Objection::Answered { until, .. }) if self.today <= until);
                (noticed && in_time, district.objection(number, ObjectionAct::Appeal, officer))
            }
            13 => {
                let may = matches!(standing,
                    Some(Objection::Appealed { answered_by, by }) if ![answered_by, by].contains(&who));
                (
                    noticed && may,
                    district.objection(number, ObjectionAct::AnswerAppeal { upheld: flag }, officer),
                )
            }
            14 => {
                let days = if flag { 8 } else { 1 };
                district.days_pass(i64::from(days));
                self.today += days;
                return Ok(());
            }
            15 => {
                let may = noticed && self.today > self.notice_until && self.objections_over();
                (may, district.propose_naming(officer))
            }
            16 => {
                let may = noticed && self.naming.is_some_and(|held| self.approves(who, held)) && self.fresh;
                (may, district.approve_naming(officer))
            }
            _ => (self.stage == Stage::Named, district.step("school", harness::selection::close())),
        };
        prop_assert_eq!(may, done.is_ok(), "{:?} in {:?}: {:?}", op, self, done);
        if may {
            self.note(op, district);
        }
        prop_assert_eq!(self.stage, district.selection().stage());
        Ok(())
    }

    fn note(&mut self, op: Op, district: &District) {
        let Op { kind, candidate, who, flag } = op;
        self.fresh = false;
        let applied = &mut self.of[candidate];
        match kind {
            0 => *applied = Applied { stands: true, veto: applied.veto, ..Applied::default() },
            1 => applied.stands = false,
            2 => applied.verified = Some(flag),
            3 => applied.reviewed = Some(flag),
            4 => applied.judged = true,
            5 => applied.veto = true,
            6 => (self.freeze, self.fresh) = (Some((who, self.today)), true),
            7 => self.stage = Stage::Frozen,
            8 => (self.stage, self.notice_until) = (Stage::Noticed, self.today + 6),
            10 => self.objection = Some((candidate, district.position().0, Objection::Raised)),
            11..=13 => {
                let standing = match (kind, self.objection) {
                    (11, _) => Objection::Answered { by: who, upheld: flag, until: self.today + 5 },
                    (12, Some((_, _, Objection::Answered { by: answered_by, .. }))) => {
                        Objection::Appealed { answered_by, by: who }
                    }
                    _ => Objection::Settled { upheld: flag },
                };
                if let Some((_, _, held)) = &mut self.objection {
                    *held = standing;
                }
            }
            15 => (self.naming, self.fresh) = (Some((who, self.today)), true),
            16 => {
                let stays = |n: &usize| self.of[*n].stands && !self.of[*n].veto && !self.upheld(*n);
                self.named = self.chosen.iter().copied().filter(stays).collect();
                self.stage = Stage::Named;
            }
            17 => self.stage = Stage::Closed,
            _ => {}
        }
    }
}

fn op() -> impl Strategy<Value = (bool, Op)> {
    (prop::bool::weighted(0.65), 0_u8..=17, 0_usize..3, 0_usize..3, any::<bool>())
        .prop_map(|(forward, kind, candidate, who, flag)| (forward, Op { kind, candidate, who, flag }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_walk_over_the_steps_leaves_their_order(ops in proptest::collection::vec(op(), 1..90)) {
        let mut district = District::with(SMALL);
        district.open().unwrap();
        let mut model = Model::new();
        for (forward, op) in ops {
            let op = if forward { model.next(op) } else { op };
            model.play(&mut district, op)?;
        }
        let awarded = HOUSEHOLDS.iter().enumerate().filter(|(_, id)| district.has_title(id));
        prop_assert_eq!(awarded.map(|(n, _)| n).collect::<Vec<_>>(), model.named);
        assert_folds(&district.ledger);
    }
}
