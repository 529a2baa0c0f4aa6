//! The parts of a mapping that say what to do with a row: `[entry]`, `[register]` and `[[skip]]`.

use super::compile::Compiler;
use super::document::{OneOrMany, RegisterDocument, Residents, Scalar, SkipDocument};
use super::field::Field;
use super::plan::{ApprovalPlan, CoursePlan, OrganizationPlan, RegisterPlan, SkipPlan, SkipTest};
use crate::expression::decimal::Decimal;
use crate::expression::template::Template;
use crate::expression::width::clean;
use ledger_core::entry::Form;
use std::collections::BTreeMap;

/// Compiles `[entry]` and checks that its fields are those of its form.
pub(super) fn fields(compiler: &mut Compiler, entry: &BTreeMap<Field, Scalar>) -> Vec<Option<Template>> {
    let template = |field: &Field| {
        entry.get(field).map(|text| compiler.template(format!("entry.{}", field.key()), text))
    };
    let fields: Vec<Option<Template>> = Field::ALL.iter().map(template).collect();
    let written = fields.get(Field::Form as usize).and_then(Option::as_ref).and_then(Template::constant);
    let form = written.and_then(Form::parse);
    if let (Some(written), None) = (written, form) {
        let all: Vec<&str> = Form::ALL.iter().map(|form| form.as_str()).collect();
        compiler.mistake(
            "entry.form",
            format!("沒有「{written}」這種形式；有：{}。There is no form \"{written}\".", all.join("、")),
        );
    }
    for field in Field::ALL {
        let path = format!("entry.{}", field.key());
        let is_given = entry.contains_key(field);
        let needed = match form {
            Some(form) => field.is_required_by(form),
            None => matches!(field, Field::Form | Field::Account | Field::Organization | Field::OccurredOn),
        };
        if needed && !is_given {
            compiler.mistake(&path, "請寫這一項，這種記錄少不了它。Give this field: the entry needs it.");
        }
        if let Some(form) = form
            && is_given
            && !field.forms().is_empty()
            && !field.forms().contains(&form)
        {
            let form = form.as_str();
            compiler
                .mistake(path, format!("{form} 沒有這一項，請刪去。{form} has no such field: remove it."));
        }
    }
    fields
}

/// Compiles `[register]`.
pub(super) fn register(
    compiler: &mut Compiler,
    register: &RegisterDocument,
    fields: &[Option<Template>],
) -> RegisterPlan {
    let field = |field: Field| fields.get(field as usize).cloned().flatten();
    let poster = field(Field::Organization).unwrap_or(Template { path: String::new(), pieces: vec![] });
    let mut organizations = Vec::with_capacity(register.organization.len());
    for (index, document) in register.organization.iter().enumerate() {
        let path = format!("register.organization[{index}]");
        organizations.push(OrganizationPlan {
            id: compiler.template(format!("{path}.id"), &document.id),
            display_name: compiler.template(format!("{path}.display_name"), &document.display_name),
            institution_type: compiler
                .template(format!("{path}.institution_type"), &document.institution_type),
            parent: compiler.optional(format!("{path}.parent"), document.parent.as_ref()),
            licensed_from: compiler
                .optional(format!("{path}.licensed_from"), document.licensed_from.as_ref()),
        });
    }
    let course = register.course.as_ref().map(|document| {
        if field(Field::Course).is_none() || field(Field::Version).is_none() {
            compiler.mistake(
                "register.course",
                "登記課程須有 entry.course 和 entry.version。It needs entry.course and entry.version.",
            );
        }
        let path = "register.course";
        let organization = compiler.optional(format!("{path}.organization"), document.organization.as_ref());
        CoursePlan {
            organization: organization.unwrap_or_else(|| poster.clone()),
            display_name: compiler.template(format!("{path}.display_name"), &document.display_name),
            nominal_minutes: compiler
                .optional(format!("{path}.nominal_minutes"), document.nominal_minutes.as_ref()),
            approval: document.approval.as_ref().map(|approval| {
                let path = "register.course.approval";
                let organization =
                    compiler.optional(format!("{path}.organization"), approval.organization.as_ref());
                ApprovalPlan {
                    organization: organization.unwrap_or_else(|| poster.clone()),
                    valid_from: compiler.optional(format!("{path}.valid_from"), approval.valid_from.as_ref()),
                    valid_to: compiler.optional(format!("{path}.valid_to"), approval.valid_to.as_ref()),
                }
            }),
        }
    });
    let opens_none = field(Field::Account)
        .and_then(|account| account.constant().map(str::to_owned))
        .is_some_and(|account| !account.starts_with("residents/"));
    if register.residents != Residents::None && opens_none {
        compiler.mistake(
            "register.residents",
            "entry.account 不是居民帳戶，請寫 none。entry.account is no resident's: write none.",
        );
    }
    RegisterPlan { residents: register.residents, organizations, course }
}

/// Compiles `[[skip]]`.
pub(super) fn skips(compiler: &mut Compiler, skips: &[SkipDocument]) -> Vec<SkipPlan> {
    let mut compiled = Vec::with_capacity(skips.len());
    for (index, skip) in skips.iter().enumerate() {
        let path = format!("skip[{index}]");
        if skip.reason.trim().is_empty() {
            compiler.mistake(
                format!("{path}.reason"),
                "請寫原因，給看報告的人讀。Write the reason that the report shows.",
            );
        }
        let texts = |list: &OneOrMany| -> Vec<String> {
            list.texts().iter().map(|text| clean(text).into_owned()).collect()
        };
        let test = match (&skip.is, &skip.is_not, &skip.contains, &skip.below) {
            (Some(list), None, None, None) => Some(SkipTest::Is(texts(list))),
            (None, Some(list), None, None) => Some(SkipTest::IsNot(texts(list))),
            (None, None, Some(list), None) => Some(SkipTest::Contains(texts(list))),
            (None, None, None, Some(limit)) => {
                let limit = Decimal::parse(&limit.to_string()).map_err(|flaw| flaw.message);
                compiler.keep(format!("{path}.below"), limit).map(SkipTest::Below)
            }
            _ => {
                compiler.mistake(
                    &path,
                    "請寫 is、is_not、contains、below 其中一個。Give one of is, is_not, contains and below.",
                );
                None
            }
        };
        let when = compiler.template(format!("{path}.when"), &skip.when);
        let reason = compiler.template(format!("{path}.reason"), &skip.reason);
        compiled.extend(test.map(|test| SkipPlan { when, test, reason }));
    }
    compiled
}
