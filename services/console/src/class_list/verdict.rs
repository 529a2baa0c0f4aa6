//! What can be said of each line before anything is recorded. The ledger decides when it is; this finds what was mistyped.

use super::draft::Draft;
use crate::language::texts;
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use axum::http::StatusCode;
use creditbank_grpc::proto;
use maud::{Markup, html};
use std::collections::HashMap;

/// Accounts that are asked for at once (our own default).
const AT_ONCE: usize = 16;

texts! {
    KNOWN = "可以記", "可以记", "can be recorded";
    TWICE = "與第 {n} 行重複，請刪去一行", "与第 {n} 行重复，请删去一行", "the same as line {n}: remove one of them";
    UNSEEN = "不是本機構範圍內的帳戶：號碼若沒有打錯，仍可以記", "不是本机构范围内的账户：号码若没有打错，仍可以记", "not an account of your scope: it can be recorded if the number is right";
}

/// What is said of a line.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    /// The account is there.
    Known,
    /// The account is not there to be seen by whoever asks: residents of other organisations may come to a class.
    Unseen,
    /// The line of this number has it already, counted from 1.
    Twice(usize),
    /// The ledger refuses it.
    Refused(Refused),
}

impl Verdict {
    /// Whether the list may be recorded with this line in it.
    pub(super) fn may_be_recorded(&self) -> bool {
        matches!(self, Verdict::Known | Verdict::Unseen)
    }

    pub(super) fn told(&self, visitor: &Visitor) -> Markup {
        html! {
            @match self {
                Verdict::Known => (visitor.say(KNOWN)),
                Verdict::Unseen => span.doubt { "⚠ " (visitor.say(UNSEEN)) },
                Verdict::Twice(line) => span.wrong {
                    "✗ " (visitor.say(TWICE).replace("{n}", &line.to_string()))
                },
                Verdict::Refused(refused) => span.wrong { "✗ " (refused.text) },
            }
        }
    }
}

/// Looks every line through, and gives the position it is true at. Who sees the whole ledger is told of an account that is
/// not there; others cannot tell it from one that is not theirs.
pub(super) async fn look_through(
    visitor: &Visitor,
    draft: &Draft,
) -> Result<(Vec<(String, Verdict)>, u64), Stop> {
    let whole = visitor.session.caller.organization.is_empty();
    let mut first_lines: HashMap<&str, usize> = HashMap::new();
    let mut verdicts = Vec::with_capacity(draft.accounts.len());
    let mut position = 0;
    let mut asked = tokio::task::JoinSet::new();
    for (n, account) in draft.accounts.iter().enumerate() {
        if let Some(first) = first_lines.get(account.as_str()) {
            verdicts.push((account.clone(), Verdict::Twice(first + 1)));
            continue;
        }
        first_lines.insert(account, n);
        verdicts.push((account.clone(), Verdict::Known));
        let name = visitor.desk().name(&format!("residents/{account}"));
        let mut registry = visitor.desk().registry();
        let request = proto::GetResidentRequest { name, min_position: 0 };
        asked.spawn(async move { (n, registry.get_resident(request).await) });
        if asked.len() >= AT_ONCE {
            settle(&mut asked, &mut verdicts, &mut position, whole).await?;
        }
    }
    while !asked.is_empty() {
        settle(&mut asked, &mut verdicts, &mut position, whole).await?;
    }
    Ok((verdicts, position))
}

type Answer = (usize, Result<tonic::Response<proto::GetResidentResponse>, tonic::Status>);

/// Takes the next answer that comes in.
async fn settle(
    asked: &mut tokio::task::JoinSet<Answer>,
    verdicts: &mut [(String, Verdict)],
    position: &mut u64,
    whole: bool,
) -> Result<(), Stop> {
    let Some(Ok((n, answer))) = asked.join_next().await else { return Ok(()) };
    match answer.map_err(Refused::from) {
        Ok(answer) => *position = (*position).max(answer.into_inner().position),
        Err(refused) => match refused.status() {
            StatusCode::NOT_FOUND if !whole => verdicts[n].1 = Verdict::Unseen,
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST | StatusCode::CONFLICT => {
                verdicts[n].1 = Verdict::Refused(refused);
            }
            _ => return Err(Stop::Refused(refused)),
        },
    }
    Ok(())
}
