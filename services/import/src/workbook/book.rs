//! The workbook itself: what kind it is, its sheets, and where their parts are.

use super::MAX_SHEETS;
use super::archive::Archive;
use super::fault::Fault;
use super::kind;
use super::xml::{Step, Xml};

/// The most relationships of the workbook that are kept: one a sheet, and styles, texts and some more (our own default).
const MAX_RELATIONSHIPS: usize = 200;

/// A sheet with cells; charts have none.
#[derive(Debug)]
pub(super) struct SheetEntry {
    pub(super) title: String,
    pub(super) is_hidden: bool,
    /// The place of its part in the archive.
    pub(super) part: usize,
}

/// What the workbook says of itself.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) sheets: Vec<SheetEntry>,
    pub(super) is_1904: bool,
    pub(super) strings: Option<usize>,
    pub(super) styles: Option<usize>,
}

#[derive(Debug, Default)]
struct Relationship {
    id: String,
    kind: String,
    target: String,
}

impl Book {
    /// Reads it.
    pub(super) fn read(archive: &mut Archive) -> Result<Book, Fault> {
        let start = relationships(archive, "_rels/.rels", "")?;
        let path = start.into_iter().find(|r| r.kind == "officeDocument").map(|r| r.target);
        let path = path.ok_or_else(|| Fault::damaged("_rels/.rels"))?;
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let links = format!("{folder}/_rels/{file}.rels");
        let relationships = relationships(archive, links.trim_start_matches('/'), folder)?;
        let part = |archive: &Archive, relationship: Option<&Relationship>| match relationship {
            None => Ok(None),
            Some(r) => archive.find(&r.target).map(Some).ok_or_else(|| Fault::damaged(&r.target)),
        };
        let of_kind = |kind: &str| relationships.iter().find(|relationship| relationship.kind == kind);
        let mut book = Book {
            sheets: Vec::new(),
            is_1904: false,
            strings: part(archive, of_kind("sharedStrings"))?,
            styles: part(archive, of_kind("styles"))?,
        };
        let index = archive.find(&path).ok_or_else(|| Fault::damaged(&path))?;
        let mut seen = 0;
        let mut listed: Vec<(String, bool, String)> = Vec::new();
        let mut xml = Xml::new(archive.part(index)?, &path)?;
        loop {
            match xml.next()? {
                Step::Start if xml.tag() == "workbookPr" => {
                    let flag = xml.attribute("date1904")?;
                    book.is_1904 = flag.is_some_and(|flag| matches!(flag.as_str(), "1" | "true" | "on"));
                }
                Step::Start if xml.tag() == "sheet" => {
                    seen += 1;
                    if seen > MAX_SHEETS {
                        return Err(Fault::TooLarge(format!(
                            "活頁簿超過 {MAX_SHEETS} 張工作表，請把名單複製到新的活頁簿再匯入。\
                             The workbook has more than {MAX_SHEETS} sheets: copy the list into a new workbook."
                        )));
                    }
                    let (mut title, mut id, mut state) = (String::new(), String::new(), String::new());
                    xml.attributes(|name, value| match name {
                        "name" => value.clone_into(&mut title),
                        "id" => value.clone_into(&mut id),
                        "state" => value.clone_into(&mut state),
                        _ => {}
                    })?;
                    listed.push((title, !matches!(state.as_str(), "" | "visible"), id));
                }
                Step::Eof => break,
                _ => {}
            }
        }
        drop(xml);
        for (title, is_hidden, id) in listed {
            let relationship =
                relationships.iter().find(|r| r.id == id).ok_or_else(|| Fault::damaged(&path))?;
            let Some(part) = part(archive, Some(relationship))? else { continue };
            // One part under two titles would be read as often as it is listed.
            if book.sheets.iter().any(|sheet| sheet.part == part) {
                return Err(Fault::damaged(&path));
            }
            match relationship.kind.as_str() {
                "worksheet" => book.sheets.push(SheetEntry { title, is_hidden, part }),
                "chartsheet" => {}
                _ => return Err(kind::macros(&relationship.target)),
            }
        }
        Ok(book)
    }

    /// The sheet of that title, or the first that is not hidden.
    pub(super) fn sheet(&self, title: Option<&str>) -> Result<&SheetEntry, Fault> {
        let found = match title {
            Some(title) => self.sheets.iter().find(|sheet| sheet.title.trim() == title.trim()),
            None => self.sheets.iter().find(|sheet| !sheet.is_hidden),
        };
        found.ok_or_else(|| {
            let titles: Vec<&str> = self.sheets.iter().map(|sheet| sheet.title.as_str()).collect();
            Fault::NoSheet(format!(
                "活頁簿裡沒有工作表「{}」，有的是「{}」；請在對照檔的 [file] 以 sheet 指明。\
                 The workbook has no such sheet: name one of them as sheet under [file] in the mapping.",
                title.unwrap_or_default(),
                titles.join("、")
            ))
        })
    }
}

/// The relationships of a part that lies in `folder`: their last word as kind, targets as paths in the archive.
fn relationships(archive: &mut Archive, path: &str, folder: &str) -> Result<Vec<Relationship>, Fault> {
    let index = archive.find(path).ok_or_else(|| Fault::damaged(path))?;
    let mut xml = Xml::new(archive.part(index)?, path)?;
    let mut found = Vec::new();
    loop {
        match xml.next()? {
            Step::Start if xml.tag() == "Relationship" && found.len() < MAX_RELATIONSHIPS => {
                let (mut relationship, mut is_external) = (Relationship::default(), false);
                xml.attributes(|name, value| match name {
                    "Id" => value.clone_into(&mut relationship.id),
                    "Type" => last_word(value).clone_into(&mut relationship.kind),
                    "Target" => relationship.target = resolved(folder, value),
                    "TargetMode" => is_external = value == "External",
                    _ => {}
                })?;
                if !is_external {
                    found.push(relationship);
                }
            }
            Step::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The last word of a relationship's type. Strict and transitional workbooks differ in what stands before it.
pub(super) fn last_word(kind: &str) -> &str {
    kind.rsplit_once('/').map_or(kind, |(_, word)| word)
}

/// A target as a path of the archive. It is only ever looked up among the archive's names.
fn resolved(folder: &str, target: &str) -> String {
    let (start, target) = match target.strip_prefix('/') {
        Some(target) => ("", target),
        None => (folder, target),
    };
    let mut path: Vec<&str> = Vec::new();
    for step in start.split('/').chain(target.split('/')) {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}
