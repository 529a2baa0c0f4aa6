//! Lists as files: `?as=xlsx` or `?as=csv` behind the address of a page gives the tables that stand on it, all pages of the
//! first of them. The file is read off the very pages that are shown, so that it never says anything else than they do,
//! and whoever draws a table has done what is needed.

use crate::download::{As, Writing};
use crate::form::Form;
use crate::page::Page;
use crate::stop::Stop;
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{Method, request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use creditbank_evidence::{Cell, Row};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The field of an address that asks for a file.
pub(crate) const AS: &str = "as";
/// Rows of a file (our own default): what an office program opens at ease.
const MOST: usize = 100_000;

/// A table as it stands on a page.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    caption: String,
    /// Rows of headings, then of figures; a heading over several columns is followed by empty ones.
    rows: Vec<(Look, Vec<Datum>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Head,
    Body,
    Foot,
}

/// What stands in a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Datum {
    text: String,
    is_number: bool,
    /// A chart repeats the figure beside it.
    is_chart: bool,
}

/// What is read off a page.
#[derive(Debug, Default, PartialEq, Eq)]
struct Drawn {
    tables: Vec<Table>,
    /// The address of the next page.
    next: Option<String>,
}

/// Whether a page has anything to give out as a file.
pub(crate) fn has_tables(page: &Page) -> bool {
    page.status.is_success() && !page.renews && page.body.0.contains("<table>")
}

/// The address of a page as a file.
pub(crate) fn address(here: &str, form: &str) -> String {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let fields = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "page" && name != AS);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields).append_pair(AS, form);
    format!("{path}?{}", query.finish())
}

/// Gives a file where one is asked for; any other answer of a page as it is.
pub(crate) async fn give(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let form = As::parse(Form::parse(query.as_bytes()).get(AS));
    match form {
        Some(form) if request.method() == Method::GET => {
            let (parts, _) = request.into_parts();
            gather(&parts, next, form).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => next.run(request).await,
    }
}

async fn gather(parts: &request::Parts, next: Next, form: As) -> Result<Response, Stop> {
    let path = parts.uri.path();
    let first = next.clone().run(asked(parts, parts.uri.clone())).await;
    let Some(page) = first.extensions().get::<Page>().filter(|page| has_tables(page)) else {
        return Ok(first);
    };
    let drawn = read(&page.body.0)?;
    // Sheets of a workbook take 31 characters of those that are no sign of a path.
    let plain = |c: &char| c.is_alphanumeric() || *c == ' ';
    let title: String = page.title.chars().filter(plain).take(31).collect();
    let mut file =
        form.begin(if title.trim().is_empty() { "1" } else { title.trim() }).map_err(Stop::no_room)?;
    let mut written = 0;
    let mut tables = drawn.tables.into_iter();
    let mut caption = String::new();
    if let Some(table) = tables.next() {
        caption.clone_from(&table.caption);
        write(&mut file, &table, true, &mut written)?;
    }
    let mut onward = drawn.next;
    while let Some(here) = onward.take() {
        let uri = beside(path, &here)?;
        let further = next.clone().run(asked(parts, uri)).await;
        let Some(page) = further.extensions().get::<Page>().filter(|page| page.status.is_success()) else {
            return Ok(further);
        };
        let drawn = read(&page.body.0)?;
        if let Some(table) = drawn.tables.into_iter().find(|table| table.caption == caption) {
            write(&mut file, &table, false, &mut written)?;
        }
        onward = drawn.next;
    }
    for table in tables {
        file.write(Row::Plain, &[]).map_err(Stop::no_room)?;
        file.write(Row::Heading, &[Cell::Text(&table.caption)]).map_err(Stop::no_room)?;
        write(&mut file, &table, true, &mut written)?;
    }
    let name = path.trim_matches('/').replace('/', "-");
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    file.finish().map_err(Stop::no_room)?.response(&name)
}

/// The same request for another page of the list.
fn asked(parts: &request::Parts, uri: Uri) -> Request {
    let mut parts = parts.clone();
    parts.uri = uri;
    Request::from_parts(parts, Body::empty())
}

/// The address of the next page, which is told that a file is wanted too.
fn beside(path: &str, here: &str) -> Result<Uri, Stop> {
    let (_, query) = here.split_once('?').unwrap_or_default();
    let whole = format!("{path}?{query}&{AS}=csv");
    PathAndQuery::try_from(whole).map(Uri::from).map_err(|_| Stop::NoPage)
}

fn write(file: &mut Writing, table: &Table, with_head: bool, written: &mut usize) -> Result<(), Stop> {
    let width = table.rows.iter().map(|(_, row)| row.len()).max().unwrap_or(0);
    let is_chart =
        |column: usize| table.rows.iter().any(|(_, row)| row.get(column).is_some_and(|datum| datum.is_chart));
    let kept: Vec<usize> = (0..width).filter(|column| !is_chart(*column)).collect();
    for (look, row) in table.rows.iter().filter(|(look, _)| with_head || *look != Look::Head) {
        *written += 1;
        if *written > MOST {
            return Err(Stop::LongList);
        }
        let cells: Vec<Cell<'_>> =
            kept.iter().map(|column| row.get(*column).map_or(Cell::Empty, cell)).collect();
        let look = match look {
            Look::Head => Row::Heading,
            Look::Body => Row::Plain,
            Look::Foot => Row::Total,
        };
        file.write(look, &cells).map_err(Stop::no_room)?;
    }
    Ok(())
}

fn cell(datum: &Datum) -> Cell<'_> {
    let is_count = datum.is_number && (datum.text == "0" || !datum.text.starts_with('0'));
    match datum.text.parse() {
        _ if datum.text.is_empty() => Cell::Empty,
        Ok(number) if is_count => Cell::Number(number),
        _ => Cell::Text(&datum.text),
    }
}

/// Reads the tables and the way to the next page off what a page shows.
fn read(html: &str) -> Result<Drawn, Stop> {
    let mut reader = Reader::from_str(html);
    // Elements such as `input` have no end.
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut drawn = Drawn::default();
    let mut reading = Reading::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => reading.begin(&tag, &mut drawn),
            Ok(Event::End(tag)) => reading.end(tag.name().as_ref(), &mut drawn),
            Ok(Event::Text(text)) => reading.say(&text.xml10_content()),
            Ok(Event::GeneralRef(name)) => reading.say(match name.as_ref() {
                "lt" => "<",
                "gt" => ">",
                "amp" => "&",
                "quot" => "\"",
                _ => "",
            }),
            Ok(Event::Eof) => return Ok(drawn),
            // Half of a table is worse than none.
            Err(_) => return Err(Stop::Garbled),
            Ok(_) => {}
        }
    }
}

/// Where the reading of a page is.
#[derive(Default)]
struct Reading {
    table: Option<Table>,
    look: Option<Look>,
    row: Vec<Datum>,
    datum: Option<Datum>,
    span: usize,
    in_caption: bool,
    /// A summary stands for what is folded behind it.
    in_summary: bool,
}

impl Reading {
    fn begin(&mut self, tag: &BytesStart<'_>, drawn: &mut Drawn) {
        let value = |name: &str| {
            let attribute = tag.html_attributes().flatten().find(|held| held.key.as_ref() == name);
            attribute.map(|held| held.value.replace("&amp;", "&"))
        };
        match tag.name().as_ref() {
            "table" => self.table = Some(Table::default()),
            "caption" => self.in_caption = true,
            "thead" => self.look = Some(Look::Head),
            "tbody" => self.look = Some(Look::Body),
            "tfoot" => self.look = Some(Look::Foot),
            "th" | "td" if self.table.is_some() => {
                let is_number =
                    value("class").is_some_and(|class| class.split(' ').any(|class| class == "n"));
                self.span = value("colspan").and_then(|span| span.parse().ok()).unwrap_or(1);
                self.datum = Some(Datum { is_number, ..Datum::default() });
            }
            "svg" => {
                if let Some(datum) = &mut self.datum {
                    datum.is_chart = true;
                }
            }
            "summary" => self.in_summary = true,
            "a" if value("rel").as_deref() == Some("next") => drawn.next = value("href"),
            _ => {}
        }
    }

    fn end(&mut self, name: &str, drawn: &mut Drawn) {
        match name {
            "caption" => self.in_caption = false,
            "summary" => self.in_summary = false,
            // What stands in lines of its own is told apart.
            "li" | "p" => self.say("；"),
            "th" | "td" => {
                if let Some(mut datum) = self.datum.take() {
                    datum.text = datum.text.trim().trim_end_matches('；').to_owned();
                    self.row.push(datum);
                    self.row.extend(std::iter::repeat_n(Datum::default(), self.span.saturating_sub(1)));
                }
            }
            "tr" => {
                let row = std::mem::take(&mut self.row);
                if let (Some(table), Some(look)) = (&mut self.table, self.look) {
                    table.rows.push((look, row));
                }
            }
            "table" => drawn.tables.extend(self.table.take()),
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if self.in_summary {
            return;
        }
        match (&mut self.datum, &mut self.table) {
            (Some(datum), _) => datum.text.push_str(text),
            (None, Some(table)) if self.in_caption => table.caption.push_str(text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bar::bar;
    use crate::page::wide;
    use maud::html;

    #[test]
    fn what_is_drawn_is_what_is_given_out() {
        let table = html! {
            thead { tr { th scope="col" { "名稱" } th.n scope="col" { "人次" } th scope="col" { "圖" } } }
            tbody {
                tr { th scope="row" { a href="/x?a=1&b=2" { "<甲> & \"乙\"" } } td.n { (7) } td { (bar(7, 9)) } }
                tr { th scope="row" { details { summary { "2" } ul { li { "一" } li { "二" } } } } td.n { "007" } td {} }
            }
            tfoot { tr { td colspan="2" { "合計" } td {} } }
        };
        let page = html! {
            form { input name="q" required; br; }
            (wide("清單", &table))
            p { a rel="next" href="/list?q=1&page=t" { "下一頁" } }
        };
        let drawn = read(&page.0).unwrap();
        assert_eq!(drawn.next.as_deref(), Some("/list?q=1&page=t"));
        assert_eq!(drawn.tables.len(), 1);
        let texts: Vec<Vec<&str>> = drawn.tables[0]
            .rows
            .iter()
            .map(|(_, row)| row.iter().map(|datum| datum.text.as_str()).collect())
            .collect();
        assert_eq!(
            texts,
            [
                vec!["名稱", "人次", "圖"],
                vec!["<甲> & \"乙\"", "7", ""],
                vec!["一；二", "007", ""],
                vec!["合計", "", ""]
            ]
        );
        assert_eq!(cell(&drawn.tables[0].rows[1].1[1]), Cell::Number(7));
        assert_eq!(cell(&drawn.tables[0].rows[2].1[1]), Cell::Text("007"));
        assert!(drawn.tables[0].rows[1].1[2].is_chart);
    }

    #[test]
    fn the_address_of_a_file_is_that_of_the_list_from_its_beginning() {
        assert_eq!(
            address("/entries?organization=school&page=t", "xlsx"),
            "/entries?organization=school&as=xlsx"
        );
        assert_eq!(address("/months", "csv"), "/months?as=csv");
    }
}
