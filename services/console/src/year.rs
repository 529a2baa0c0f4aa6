//! The civil year that figures are of.

use crate::field::{Fields, Kind};
use crate::form::{Form, address};
use crate::language::texts;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    EARLIER = "前一年", "前一年", "The year before";
}

/// A civil year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Year(pub(crate) i32);

impl Year {
    /// The one the address names; else that of today.
    ///
    /// # Errors
    /// What the ledger says, whose zone says which day it is.
    pub(crate) async fn of(form: &Form, visitor: &Visitor) -> Result<Year, Stop> {
        match form.get("year").parse() {
            Ok(named) => Ok(Year(named)),
            Err(_) => Ok(Year(today(&visitor.desk().head().await?).year())),
        }
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

/// The day that it is in the ledger's zone.
pub(crate) fn today(ledger: &proto::Ledger) -> NaiveDate {
    day_at(Utc::now(), ledger)
}

fn day_at(now: DateTime<Utc>, ledger: &proto::Ledger) -> NaiveDate {
    let zone = ledger.time_zone.parse().unwrap_or(chrono_tz::UTC);
    now.with_timezone(&zone).date_naive()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_begins_where_the_ledger_is() {
        let ledger = |zone: &str| proto::Ledger { time_zone: zone.to_owned(), ..Default::default() };
        let now = DateTime::parse_from_rfc3339("2026-12-31T16:00:00Z").unwrap().to_utc();
        assert_eq!(day_at(now, &ledger("Asia/Taipei")).to_string(), "2027-01-01");
        assert_eq!(
            day_at(now - chrono::TimeDelta::seconds(1), &ledger("Asia/Taipei")).to_string(),
            "2026-12-31"
        );
        assert_eq!(day_at(now, &ledger("America/New_York")).to_string(), "2026-12-31");
    }
}
