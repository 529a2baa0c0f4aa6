//! The civil year that figures are of.

use crate::field::{Fields, Kind};
use crate::form::{Form, address};
use crate::language::texts;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words;
use chrono::{Datelike, Utc};
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    EARLIER = "前一年", "前一年", "The year before";
}

/// A civil year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Year(pub(crate) i32);

impl Year {
    /// The one the address names; else that of today. Which day it is says the ledger's zone to its answers; near New Year
    /// this one may be a day off, and the field is there to change it.
    pub(crate) fn of(form: &Form) -> Year {
        Year(form.get("year").parse().unwrap_or_else(|_| Utc::now().year()))
    }

    /// The choice of another.
    pub(crate) fn choice(self, visitor: &Visitor, here: &str) -> Markup {
        let form = Form::of(&[("year", &self.0.to_string())]);
        let fields = Fields { visitor, form: &form, refused: None };
        let before = (self.0 - 1).to_string();
        html! {
            form.row method="get" action=(here) {
                (fields.field("year", words::YEAR, Kind::Number, true))
                button type="submit" { (visitor.say(words::SHOW)) }
                a href=(address(here, &[("year", &before)])) { (visitor.say(EARLIER)) " " (before) }
            }
        }
    }
}

/// The report of a year by one dimension, of the visitor's scope.
///
/// # Errors
/// What the ledger says.
pub(crate) async fn report(visitor: &Visitor, year: Year, by: &str) -> Result<proto::Report, Stop> {
    let request = proto::GetReportRequest {
        parent: visitor.desk().parent.to_string(),
        period: year.0.to_string(),
        group_by: vec![by.to_owned()],
        ..Default::default()
    };
    let answer = visitor.desk().reports().get_report(request).await?.into_inner();
    Ok(answer.report.unwrap_or_default())
}
