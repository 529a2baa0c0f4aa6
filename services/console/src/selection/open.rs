//! Opening a selection.

use super::{COUNTED_ON, FROM, STANDARD, UNTIL};
use crate::field::Kind;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::Shown;
use crate::step::{Ask, Step, Typed, taken};
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use crate::words;
use axum::response::Response;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::html;

texts! {
    ID = "評選代號，例如 families-2026", "评选代号，例如 families-2026", "Id of the selection, such as families-2026";
    TO = "計分末日", "计分末日", "Records to";
    NOT_A_YEAR = "年度請填四位數西元年。", "年度请填四位数公元年。", "Write the year in four digits.";
}

/// The step, reached from the list of selections.
pub(super) const OPEN: Step = Step {
    act: (),
    code: "open",
    name: Text { hant: "開辦一次評選", hans: "开办一次评选", en: "Open a selection" },
    purpose: Text {
        hant: "依已公布的標準開辦；開辦後標準與日期不再改。",
        hans: "依已公布的标准开办；开办后标准与日期不再改。",
        en: "By a published standard; its standard and days stay as they are from then on.",
    },
    needs: Method::SelectionOpenSelection,
    asks: &[
        ("selection_id", ID, Ask::Typed(Kind::Text)),
        ("year", words::YEAR, Ask::Typed(Kind::Number)),
        ("standard", STANDARD, Ask::Typed(Kind::Text)),
        ("from", FROM, Ask::Typed(Kind::Date)),
        ("to", TO, Ask::Typed(Kind::Date)),
        ("counted_on", COUNTED_ON, Ask::Typed(Kind::Date)),
        ("apply_until", UNTIL, Ask::Typed(Kind::Date)),
    ],
};

/// `/selections/open`.
pub(crate) async fn page(visitor: Visitor) -> Shown {
    shown(&visitor, &Form::of(&[("standard", crate::account::STANDARD)]), None)
}

fn shown(visitor: &Visitor, form: &Form, refused: Option<&Refused>) -> Shown {
    Ok(OPEN.page(visitor, "/selections", &html! {}, &[], Typed { form, refused, position: 0 }))
}

/// Opens it.
pub(crate) async fn posted(Posted { visitor, form }: Posted) -> Result<Response, Stop> {
    let back = format!("/selections/{}", form.get("selection_id"));
    taken(open(&visitor, &form).await, &back, async |refused| shown(&visitor, &form, Some(&refused))).await
}

async fn open(visitor: &Visitor, form: &Form) -> Result<(), Stop> {
    let text = |field: &str| form.get(field).to_owned();
    let year = form.get("year").parse();
    let request = proto::OpenSelectionRequest {
        parent: visitor.desk().parent.to_string(),
        request_id: text("request_id"),
        organization: visitor.acts_for().await?,
        person: String::new(),
        selection_id: text("selection_id"),
        year: year.map_err(|_| Stop::Refused(Refused::here("year", visitor.say(NOT_A_YEAR))))?,
        standard: visitor.desk().name(&format!("standards/{}", form.get("standard"))),
        from: text("from"),
        to: text("to"),
        counted_on: text("counted_on"),
        apply_until: text("apply_until"),
    };
    visitor.desk().selections().open_selection(request).await?;
    Ok(())
}
