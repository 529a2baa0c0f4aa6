//! Reports, indicators, targets, populations and score tables that are refused.

use crate::row::{Row, row};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, name};
use ledger_core::Reason;
use proto::target::Value;
use tonic::Code::{Aborted, InvalidArgument, NotFound, OutOfRange, PermissionDenied, Unavailable};

/// All of them.
pub fn rows() -> Vec<Row> {
    [reports(), indicators(), targets(), populations(), evaluations(), packs()].concat()
}

fn monthly(month: &str) -> proto::GetMonthlyReportRequest {
    proto::GetMonthlyReportRequest {
        parent: LEDGER.to_owned(),
        month: month.to_owned(),
        ..Default::default()
    }
}

fn report(period: &str) -> proto::GetReportRequest {
    proto::GetReportRequest { parent: LEDGER.to_owned(), period: period.to_owned(), ..Default::default() }
}

fn reports() -> Vec<Row> {
    let by = |by: &[&str]| proto::GetReportRequest {
        group_by: by.iter().map(|by| (*by).to_owned()).collect(),
        ..report("2026")
    };
    let of = |organization: &str| proto::GetReportRequest {
        organization: organization.to_owned(),
        ..report("2026-05")
    };
    let period = "period";
    vec![
        row("a report of no month", monthly(""), InvalidArgument, Reason::FieldRequired).at("month"),
        row("a report of a half-year as of a month", monthly("2026-H1"), InvalidArgument, Reason::DateFormat)
            .at("month"),
        row("a report of a thirteenth month", monthly("2026-13"), InvalidArgument, Reason::DateNotInCalendar)
            .at("month"),
        row("a report of a month to come", monthly("2026-07"), OutOfRange, Reason::PeriodInFuture)
            .at("month"),
        row("a report of no period", report(""), InvalidArgument, Reason::FieldRequired).at(period),
        row("a report of a year of the republic", report("115"), InvalidArgument, Reason::DateFormat)
            .at(period),
        row("a third half-year", report("2026-H3"), InvalidArgument, Reason::DateFormat).at(period),
        row("a fifth quarter", report("2026-Q5"), InvalidArgument, Reason::DateFormat).at(period),
        row(
            "a period that ends before it begins",
            report("2026-05..2026-04"),
            InvalidArgument,
            Reason::TimeRange,
        )
        .at(period),
        row("a period of three years", report("2024-01..2026-12"), InvalidArgument, Reason::TimeRange)
            .at(period),
        row("a year to come", report("2027"), OutOfRange, Reason::PeriodInFuture).at(period),
        row("a report by weather", by(&["kind", "weather"]), InvalidArgument, Reason::FieldInvalid)
            .at("group_by[1]"),
        row("a report by kind, twice", by(&["kind", "kind"]), InvalidArgument, Reason::FieldInvalid)
            .at("group_by[1]"),
        row(
            "a report of an unknown school",
            of(&name("organizations/nobody")),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("organization"),
        row(
            "a report of a resident",
            of(&name("residents/r0001")),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("organization"),
        row(
            "a report as of a position to come",
            proto::GetReportRequest { as_of_position: 999_999, ..report("2026") },
            Unavailable,
            Reason::NotYetApplied,
        )
        .at("as_of_position"),
        row(
            "a report that waits for a position to come",
            proto::GetReportRequest { min_position: 999_999, ..report("2026") },
            Unavailable,
            Reason::NotYetApplied,
        ),
        row(
            "a report of an unknown ledger",
            proto::GetReportRequest { parent: "ledgers/elsewhere".to_owned(), ..report("2026") },
            NotFound,
            Reason::LedgerNotFound,
        ),
        row(
            "indicators at a position to come",
            proto::ListIndicatorsRequest { parent: LEDGER.to_owned(), min_position: 999_999 },
            Unavailable,
            Reason::NotYetApplied,
        ),
    ]
}

/// A good document, spoiled by one replacement.
fn document(from: &str, to: &str) -> String {
    let good = r#"
        indicator = "law-lectures"
        version = 1
        names = { hant = "法制講座", hans = "法制讲座", en = "Law lectures" }
        source = "plan 20"
        window = "year"
        level = "community"
        numerator = { count = "persons", of = { kinds = ["LEC"], subjects = ["law"] } }
        denominator = "permanent_residents"
        target = { share = { numerator = 1, denominator = 2 } }
    "#;
    let spoiled = good.replace(from, to);
    assert!(from.is_empty() || spoiled != good, "nothing was spoiled: {from}");
    spoiled
}

fn define(document: String) -> proto::DefineIndicatorRequest {
    proto::DefineIndicatorRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/college"),
        defined_by: "officer-01".to_owned(),
        document,
    }
}

fn indicators() -> Vec<Row> {
    let invalid = |what, from: &str, to: &str| {
        row(what, define(document(from, to)), InvalidArgument, Reason::IndicatorInvalid).at("document")
    };
    let by_school = proto::DefineIndicatorRequest {
        organization: name("organizations/school"),
        ..define(document("", ""))
    };
    vec![
        row(
            "an indicator that is no TOML",
            define("指標".to_owned()),
            InvalidArgument,
            Reason::IndicatorInvalid,
        )
        .at("document"),
        invalid("an indicator with a field of its own", "level", "weather = \"fine\"\nlevel"),
        invalid("an indicator that counts smiles", "\"persons\"", "\"smiles\""),
        invalid("an indicator of an unknown population", "permanent_residents", "tourists"),
        invalid("a rate above one", "numerator = 1, denominator = 2", "numerator = 3, denominator = 2"),
        invalid("a rate of nobody", "numerator = 1, denominator = 2", "numerator = 0, denominator = 0"),
        invalid(
            "a rate with a count for its target",
            "share = { numerator = 1, denominator = 2 }",
            "count = 5",
        ),
        invalid("a rate of minutes", "\"persons\"", "\"minutes\""),
        invalid("an indicator without a source", "plan 20", " "),
        invalid("an indicator of a novel's length", "plan 20", &"x".repeat(20 << 10)),
        row(
            "an indicator of an unknown subject",
            define(document("\"law\"", "\"magic\"")),
            NotFound,
            Reason::CodeNotFound,
        )
        .at("document.numerator.of.subjects[0]"),
        row("an indicator of a school's own", by_school, PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row(
            "an indicator by a name",
            proto::DefineIndicatorRequest { defined_by: "王小明".to_owned(), ..define(document("", "")) },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("defined_by"),
        row(
            "an indicator without an id of the request",
            proto::DefineIndicatorRequest { request_id: String::new(), ..define(document("", "")) },
            InvalidArgument,
            Reason::IdempotencyKeyInvalid,
        )
        .at("request_id"),
        row(
            "a second version before the first",
            define(document("version = 1", "version = 2")),
            Aborted,
            Reason::VersionMismatch,
        )
        .at("document.version")
        .with("expected", 1),
        row(
            "another first version of one that ships",
            define(document("law-lectures", "lecture-sessions")),
            Aborted,
            Reason::VersionMismatch,
        )
        .at("document.version")
        .with("expected", 2),
    ]
}

fn share(numerator: u32, denominator: u32) -> Option<proto::Target> {
    Some(proto::Target { value: Some(Value::Share(proto::Share { numerator, denominator })) })
}

fn count(count: u64) -> Option<proto::Target> {
    Some(proto::Target { value: Some(Value::Count(count)) })
}

fn target(indicator: &str, target: Option<proto::Target>) -> proto::SetTargetRequest {
    proto::SetTargetRequest {
        name: name(&format!("indicators/{indicator}")),
        request_id: fresh(),
        organization: name("organizations/town"),
        set_by: "officer-01".to_owned(),
        target_organization: name("organizations/school"),
        year: 2026,
        target,
    }
}

fn targets() -> Vec<Row> {
    let lectures = || target("lecture-sessions", count(4));
    let by = |organization: &str| proto::SetTargetRequest {
        organization: name(&format!("organizations/{organization}")),
        ..lectures()
    };
    let on = |organization: &str| proto::SetTargetRequest {
        target_organization: name(&format!("organizations/{organization}")),
        ..lectures()
    };
    let year = |year| proto::SetTargetRequest { year, ..lectures() };
    vec![
        row(
            "a target without an indicator",
            target("nothing", count(4)),
            NotFound,
            Reason::IndicatorNotFound,
        )
        .at("name"),
        row("a target of nothing", target("lecture-sessions", None), InvalidArgument, Reason::FieldRequired)
            .at("target"),
        row(
            "a target of zero",
            target("lecture-sessions", count(0)),
            InvalidArgument,
            Reason::AmountNotPositive,
        )
        .at("target"),
        row(
            "a target of more than all",
            target("resident-participation", share(3, 2)),
            InvalidArgument,
            Reason::AmountNotPositive,
        )
        .at("target"),
        row(
            "a target by zero",
            target("resident-participation", share(1, 0)),
            InvalidArgument,
            Reason::AmountNotPositive,
        )
        .at("target"),
        row(
            "a share of a count",
            target("lecture-sessions", share(1, 2)),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("target"),
        row(
            "a target of a frequency",
            target("quarterly-law", count(4)),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("target"),
        row("a target in the year 26", year(26), InvalidArgument, Reason::FieldInvalid).at("year"),
        row("a target for an unknown school", on("nobody"), NotFound, Reason::OrganizationNotFound)
            .at("target_organization"),
        row("a target that a school sets itself", by("school"), PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row("a target set by a neighbour", by("other"), PermissionDenied, Reason::SchoolScope)
            .at("organization"),
    ]
}

fn population(population: &str, count: u64) -> proto::StatePopulationRequest {
    proto::StatePopulationRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/town"),
        stated_by: "officer-01".to_owned(),
        population_organization: name("organizations/town"),
        year: 2026,
        population: population.to_owned(),
        count,
        source: "yearbook-2025".to_owned(),
    }
}

fn populations() -> Vec<Row> {
    let good = || population("employees", 100);
    vec![
        row("a population of nobody", population("employees", 0), InvalidArgument, Reason::AmountNotPositive)
            .at("count"),
        row("a population of no sort", population("", 5), InvalidArgument, Reason::FieldRequired)
            .at("population"),
        row("a population of tourists", population("tourists", 5), InvalidArgument, Reason::FieldInvalid)
            .at("population"),
        row(
            "a population without a source",
            proto::StatePopulationRequest { source: String::new(), ..good() },
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at("source"),
        row(
            "a source that is a sentence",
            proto::StatePopulationRequest { source: "王科長說的".to_owned(), ..good() },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("source"),
        row(
            "a population in the year 115",
            proto::StatePopulationRequest { year: 115, ..good() },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("year"),
        row(
            "a population of an unknown town",
            proto::StatePopulationRequest { population_organization: name("organizations/nobody"), ..good() },
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("population_organization"),
        row(
            "a town's population that a school states",
            proto::StatePopulationRequest { organization: name("organizations/school"), ..good() },
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
    ]
}

fn evaluations() -> Vec<Row> {
    let evaluate = |indicator: &str, period: &str| proto::EvaluateIndicatorRequest {
        name: name(&format!("indicators/{indicator}")),
        period: period.to_owned(),
        ..Default::default()
    };
    vec![
        row("an unknown indicator", evaluate("nothing", "2026"), NotFound, Reason::IndicatorNotFound)
            .at("name"),
        row(
            "a yearly rate of a month",
            evaluate("resident-participation", "2026-05"),
            InvalidArgument,
            Reason::TimeRange,
        )
        .at("period"),
        row(
            "a yearly rate of two years",
            evaluate("lecture-sessions", "2025-01..2026-12"),
            InvalidArgument,
            Reason::TimeRange,
        )
        .at("period"),
        row(
            "quarters that begin in February",
            evaluate("quarterly-law", "2026-02..2026-04"),
            InvalidArgument,
            Reason::TimeRange,
        )
        .at("period"),
        row(
            "a rate of a year to come",
            evaluate("lecture-sessions", "2027"),
            OutOfRange,
            Reason::PeriodInFuture,
        )
        .at("period"),
        row(
            "an indicator by its bare name",
            proto::EvaluateIndicatorRequest { name: "lecture-sessions".to_owned(), ..evaluate("x", "2026") },
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
    ]
}

fn packs() -> Vec<Row> {
    let pack = |score_table: &str| proto::GetEvidencePackRequest {
        parent: LEDGER.to_owned(),
        period: "2026".to_owned(),
        score_table: score_table.to_owned(),
        ..Default::default()
    };
    let invalid = |what, table: &str| {
        row(what, pack(table), InvalidArgument, Reason::ScoreTableInvalid).at("score_table")
    };
    let one = "title = \"x\"\n[[items]]\nnumber = \"1\"\ntitle = \"x\"\n";
    vec![
        invalid("a score table that is none", "評分表"),
        invalid("a score table without items", "title = \"x\"\nitems = []"),
        invalid(
            "a score table with a number twice",
            &format!("{one}[[items]]\nnumber = \"1\"\ntitle = \"y\"\n"),
        ),
        invalid("a score table with a formula for a kind", &format!("{one}of = {{ kinds = [\"=1+1\"] }}\n")),
        row(
            "a score table that names an unknown school",
            pack(&format!("{one}of = {{ organizations = [\"nobody\"] }}\n")),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("score_table.items[0].of.organizations[0]"),
        row(
            "an evidence pack of a year to come",
            proto::GetEvidencePackRequest { period: "2027".to_owned(), ..pack(one) },
            OutOfRange,
            Reason::PeriodInFuture,
        )
        .at("period"),
    ]
}
