//! What is printed: plain texts, without a place on the page.

/// The language of a document, as its readers' tools are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 繁體中文.
    Hant,
    /// 简体中文.
    Hans,
    /// English.
    En,
}

impl Language {
    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Hant => "zh-Hant",
            Language::Hans => "zh-Hans",
            Language::En => "en",
        }
    }

    /// The foot's number of a page.
    pub(crate) fn page_of(self, page: usize, pages: usize) -> String {
        match self {
            Language::Hant => format!("第 {page} 頁，共 {pages} 頁"),
            Language::Hans => format!("第 {page} 页，共 {pages} 页"),
            Language::En => format!("Page {page} of {pages}"),
        }
    }
}

/// A paper. Texts may hold any character; line feeds in them break lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its language.
    pub language: Language,
    /// Who issues it, above the title; may be empty.
    pub issuer: String,
    /// What it is.
    pub title: String,
    /// Whom or what it is about; beside the title on each further page. May be empty.
    pub subject: String,
    /// The code beside the title.
    pub code: Option<Code>,
    /// What there is to say first: labels and values.
    pub facts: Vec<(String, String)>,
    /// What stands below, in order.
    pub blocks: Vec<Block>,
    /// The foot of each page, before its number: position, day of issue, digest.
    pub foot: String,
}

/// A QR code with what it says to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// What scanners read.
    pub payload: String,
    /// What stands below it.
    pub caption: String,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading, kept together with what follows.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph in small print.
    Note(String),
    /// A table.
    Table(Table),
    /// Places to sign or seal, side by side, with what belongs there.
    Seals(Vec<String>),
}

impl Block {
    pub(crate) fn rows(&self) -> usize {
        if let Block::Table(table) = self { table.rows.len() } else { 0 }
    }
}

/// A table. Rows with fewer cells than columns are filled up with empty ones; cells beyond are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// The last row, in bold; empty = none.
    pub total: Vec<Cell>,
    /// The least height of a row, in millimetres; 0 = as its text needs. With it every cell has a frame to write in.
    pub row_mm: u16,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub head: String,
    /// Its share of the width, beside the shares of the others.
    pub share: u16,
    /// How its cells stand.
    pub align: Align,
}

/// How text stands in its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A QR code of a text.
    Code(String),
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}
