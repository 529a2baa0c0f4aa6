//! `creditbank evidence`: the entries that prove each item of a score table, as a workbook or CSV.

use crate::args::{Common, Evidence};
use crate::connect::Desk;
use crate::failure::Failure;
use crate::show::{credits, id, print_json};
use creditbank_evidence::{Cell, EvidenceError, PackFile, Row, score_table_of_csv};
use creditbank_grpc::proto;
use proto::get_evidence_pack_response::Part;
use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;

/// The columns of an entry.
const COLUMNS: [&str; 11] = [
    "項目",
    "號",
    "日期",
    "類別",
    "主題",
    "機構代碼",
    "機構",
    "人次",
    "無名單人次",
    "分鐘",
    "佐證摘要 SHA-256",
];

fn failed(what: &Path, error: &EvidenceError) -> Failure {
    Failure::refused("FIELD_INVALID", format!("{}：{error}", what.display()))
}

/// The score table as TOML, from TOML or CSV.
fn score_table(file: &Path) -> Result<String, Failure> {
    let text = crate::policy::read(file)?;
    if file.extension().is_some_and(|extension| extension == "csv") {
        let title = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        return score_table_of_csv(&title, text.as_bytes()).map_err(|error| failed(file, &error));
    }
    Ok(text)
}

pub(crate) async fn run(common: &Common, asked: &Evidence) -> Result<ExitCode, Failure> {
    let score_table = score_table(&asked.table)?;
    let mut desk = Desk::open(common).await?;
    let organization = asked.organization.as_ref();
    let request = proto::GetEvidencePackRequest {
        parent: desk.parent.clone(),
        period: asked.period.clone(),
        organization: organization.map(|id| desk.name(&format!("organizations/{id}"))).unwrap_or_default(),
        score_table,
        as_of_position: asked.as_of,
        min_position: 0,
    };
    let mut parts = desk.reports.get_evidence_pack(request).await?.into_inner();
    let mut pack = Pack::create(&asked.out).map_err(|error| failed(&asked.out, &error))?;
    while let Some(message) = parts.message().await? {
        if let Some(part) = message.part {
            pack.take(part).map_err(|error| failed(&asked.out, &error))?;
        }
    }
    let written = pack.finish().map_err(|error| failed(&asked.out, &error))?;
    if common.json {
        print_json(&written)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "台賬已寫入 {}：{} 項、{} 筆，帳本位置 {}。",
        asked.out.display(),
        written.items,
        written.entries,
        written.position
    );
    Ok(ExitCode::SUCCESS)
}

/// What was written.
#[derive(Debug, Default, serde::Serialize)]
struct Written {
    items: u64,
    entries: u64,
    position: u64,
}

/// A pack while its parts come in.
struct Pack {
    file: PackFile,
    names: HashMap<String, String>,
    item: String,
    section: String,
    announced: u64,
    written: Written,
}

impl Pack {
    fn create(path: &Path) -> Result<Pack, EvidenceError> {
        Ok(Pack {
            file: PackFile::create(path)?,
            names: HashMap::new(),
            item: String::new(),
            section: String::new(),
            announced: 0,
            written: Written::default(),
        })
    }

    fn take(&mut self, part: Part) -> Result<(), EvidenceError> {
        match part {
            Part::Heading(heading) => {
                self.announced = u64::from(heading.items);
                self.written.position = heading.position;
                let position = format!("帳本位置 {}", heading.position);
                let period = format!("期間 {}", heading.period);
                self.file.write(
                    Row::Heading,
                    &[heading.title, period, position].each_ref().map(|t| Cell::Text(t)),
                )?;
                self.file.write(Row::Heading, &COLUMNS.map(Cell::Text))?;
                let names = heading.organizations.into_iter();
                self.names =
                    names.map(|held| (id(&held.organization).to_owned(), held.display_name)).collect();
            }
            Part::Item(item) => {
                if !item.section.is_empty() && item.section != self.section {
                    self.file.write(Row::Heading, &[Cell::Text(&item.section)])?;
                }
                self.file.write(Row::Heading, &[Cell::Text(&item.number), Cell::Text(&item.title)])?;
                self.section = item.section;
                self.item = item.number;
            }
            Part::Entries(entries) => {
                for entry in &entries.entries {
                    self.entry(entry)?;
                }
            }
            Part::Total(total) => {
                self.written.items += 1;
                let persons = format!("人數 {}", total.persons);
                let sessions = format!("場次 {}", total.sessions);
                let hours = i64::try_from(total.centi_class_hours).unwrap_or(i64::MAX);
                let hours = format!("學時 {}", credits(hours));
                self.file.write(
                    Row::Total,
                    &[
                        Cell::Text(&self.item),
                        Cell::Text("合計"),
                        Cell::Text(&persons),
                        Cell::Text(&sessions),
                        Cell::Text(&hours),
                        Cell::Empty,
                        Cell::Empty,
                        Cell::Number(total.attendances),
                        Cell::Number(total.heads),
                        Cell::Number(total.minutes),
                    ],
                )?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &proto::EvidenceEntry) -> Result<(), EvidenceError> {
        self.written.entries += 1;
        let organization = id(&entry.organization);
        let name = self.names.get(organization).map_or("", String::as_str);
        self.file.write(
            Row::Plain,
            &[
                Cell::Text(&self.item),
                Cell::Number(entry.position),
                Cell::Text(&entry.occurred_on),
                Cell::Text(&entry.kind),
                Cell::Text(&entry.subject),
                Cell::Text(organization),
                Cell::Text(name),
                Cell::Number(entry.attendances),
                Cell::Number(entry.heads),
                Cell::Number(entry.minutes),
                Cell::Text(&entry.evidence),
            ],
        )
    }

    /// Ends the file, which must hold every item.
    fn finish(self) -> Result<Written, EvidenceError> {
        if self.written.items != self.announced {
            return Err(EvidenceError::Table("中途斷線，請再試一次。It was cut off: try again.".to_owned()));
        }
        self.file.finish()?;
        Ok(self.written)
    }
}
