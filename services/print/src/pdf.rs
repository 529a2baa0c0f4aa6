//! Pages as a tagged PDF: the only room that knows the writer's types.

use crate::PrintError;
use crate::document::Document;
use crate::face::{Face, Glyph};
use crate::sheet::{HEIGHT, Ink, Mark, Placed, Role, Sheet, Style, WIDTH};
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::{Location, Surface};
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree,
};
use krilla::text::GlyphId;
use std::num::NonZeroU16;
use std::ops::Range;

/// The lightness of an ink, of 255.
fn color(ink: Ink) -> luma::Color {
    luma::Color::new(match ink {
        Ink::Black => 0,
        Ink::Grey => 85,
        Ink::Light => 178,
    })
}

/// A part of the text and the marks that show it, in reading order.
struct Shown {
    role: Role,
    reads: String,
    marks: Vec<Identifier>,
}

/// Writes pages.
pub(crate) fn write(document: &Document, face: &Face, sheets: &[Sheet]) -> Result<Vec<u8>, PrintError> {
    let failed = |what: &str| PrintError::Pdf(what.to_owned());
    let mut file = krilla::Document::new_with(SerializeSettings::default());
    let mut shown: Vec<Shown> = Vec::new();
    for sheet in sheets {
        let settings = PageSettings::from_wh(WIDTH.points(), HEIGHT.points());
        let mut page = file.start_page_with(settings.ok_or_else(|| failed("the size of the page"))?);
        let mut surface = page.surface();
        for placed in &sheet.placed {
            let tag = match placed.role {
                Role::Ornament => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Other)),
                _ => ContentTag::Span(SpanTag::empty()),
            };
            let mark = surface.start_tagged(tag);
            draw(&mut surface, face, placed);
            surface.end_tagged();
            note(&mut shown, placed, mark);
        }
        surface.finish();
        page.finish();
    }
    file.set_tag_tree(tree(shown));
    let metadata = Metadata::new().title(document.title.clone()).language(document.language.tag().to_owned());
    file.set_metadata(metadata.creator("Credit Bank 學分銀行".to_owned()));
    file.finish().map_err(|error| PrintError::Pdf(error.to_string()))
}

/// Puts a mark to the part of the text that it shows.
fn note(shown: &mut Vec<Shown>, placed: &Placed, mark: Identifier) {
    if placed.role == Role::Ornament {
        return;
    }
    let reads = if let Mark::Code { reads, .. } = &placed.mark { reads.as_str() } else { "" };
    match shown.last_mut() {
        Some(last) if last.role == placed.role => last.marks.push(mark),
        _ => shown.push(Shown { role: placed.role, reads: reads.to_owned(), marks: vec![mark] }),
    }
}

/// The structure that readers' tools go through.
fn tree(shown: Vec<Shown>) -> TagTree {
    let mut tree = TagTree::new();
    let mut rest = shown.into_iter().peekable();
    while let Some(part) = rest.next() {
        match part.role {
            Role::Cell { table, .. } => {
                let mut cells = vec![part];
                while let Some(next) =
                    rest.next_if(|next| matches!(next.role, Role::Cell { table: same, .. } if same == table))
                {
                    cells.push(next);
                }
                tree.push(table_of(cells));
            }
            Role::Title => tree.push(group(TagGroup::new(Tag::Hn(NonZeroU16::MIN, None)), part.marks)),
            Role::Heading => {
                let level = NonZeroU16::MIN.saturating_add(1);
                tree.push(group(TagGroup::new(Tag::Hn(level, None)), part.marks));
            }
            Role::Figure(_) => tree.push(group(TagGroup::new(Tag::Figure(Some(part.reads))), part.marks)),
            Role::Paragraph(_) | Role::Ornament => tree.push(group(TagGroup::new(Tag::P), part.marks)),
        }
    }
    tree
}

fn table_of(cells: Vec<Shown>) -> TagGroup {
    let mut head = TagGroup::new(Tag::THead);
    let mut body = TagGroup::new(Tag::TBody);
    let mut rest = cells.into_iter().peekable();
    let row_of = |role: Role| if let Role::Cell { row, .. } = role { row } else { 0 };
    while let Some(first) = rest.next() {
        let row = row_of(first.role);
        let mut line = TagGroup::new(Tag::TR);
        line.push(cell(first, row));
        while let Some(next) = rest.next_if(|next| row_of(next.role) == row) {
            line.push(cell(next, row));
        }
        if row == 0 { head.push(line) } else { body.push(line) }
    }
    let mut table = TagGroup::new(Tag::Table);
    table.push(head);
    table.push(body);
    table
}

fn cell(shown: Shown, row: usize) -> TagGroup {
    let inside = match shown.reads.is_empty() {
        true => TagGroup::new(Tag::P),
        false => TagGroup::new(Tag::Figure(Some(shown.reads))),
    };
    let mut cell = match row {
        0 => TagGroup::new(Tag::TH(TableHeaderScope::Column)),
        _ => TagGroup::new(Tag::TD),
    };
    cell.push(group(inside, shown.marks));
    cell
}

fn group(mut group: TagGroup, marks: Vec<Identifier>) -> TagGroup {
    for mark in marks {
        group.push(mark);
    }
    group
}

fn draw(surface: &mut Surface<'_>, face: &Face, placed: &Placed) {
    match &placed.mark {
        Mark::Text { style, text } => draw_text(surface, face, placed, *style, text),
        Mark::Rule { width, height, ink } => {
            let area = Rect::from_xywh(placed.x.points(), placed.y.points(), width.points(), height.points());
            fill(surface, area.and_then(|area| path([area])), *ink);
        }
        Mark::Code { side, squares, .. } => {
            let modules = u32::try_from(squares.side).unwrap_or(1);
            let at = |n: usize| side.share(u32::try_from(n).unwrap_or(0), modules);
            let runs = squares.runs.iter().filter_map(|(line, first, length)| {
                let (left, right) = (placed.x + at(*first), placed.x + at(first + length));
                let (top, bottom) = (placed.y + at(*line), placed.y + at(line + 1));
                Rect::from_ltrb(left.points(), top.points(), right.points(), bottom.points())
            });
            fill(surface, path(runs), Ink::Black);
        }
    }
}

fn path(areas: impl IntoIterator<Item = Rect>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for area in areas {
        builder.push_rect(area);
    }
    builder.finish()
}

fn fill(surface: &mut Surface<'_>, path: Option<Path>, ink: Ink) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: color(ink).into(), ..Fill::default() }));
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

/// Bold is the plain font with a line around each glyph: a second font would double the files.
fn draw_text(surface: &mut Surface<'_>, face: &Face, placed: &Placed, style: Style, text: &str) {
    let color = color(style.ink);
    let width = style.size.thousandths(30).points();
    let stroke = Stroke { paint: color.into(), width, ..Stroke::default() };
    surface.set_fill(Some(Fill { paint: color.into(), ..Fill::default() }));
    surface.set_stroke(style.bold.then_some(stroke));
    let start = Point::from_xy(placed.x.points(), placed.y.points());
    let glyphs = face.glyphs(text);
    surface.draw_glyphs(start, &glyphs, face.font.clone(), text, style.size.points(), false);
}

#[expect(clippy::float_arithmetic, reason = "the writer counts in fractions of the size")]
impl krilla::text::Glyph for Glyph {
    fn glyph_id(&self) -> GlyphId {
        GlyphId::new(self.id)
    }

    fn text_range(&self) -> Range<usize> {
        self.bytes.clone()
    }

    fn x_advance(&self, size: f32) -> f32 {
        f32::from(self.advance) / 1_000.0 * size
    }

    fn x_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_advance(&self, _: f32) -> f32 {
        0.0
    }

    fn location(&self) -> Option<Location> {
        None
    }
}
