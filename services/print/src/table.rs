//! Tables: the head on each page, rows whole.

use crate::PrintError;
use crate::document::{Cell, Table};
use crate::flow::{BODY, Flow, HAIR};
use crate::length::Length;
use crate::sheet::{ABOVE, BELOW, HEIGHT, Ink, Mark, Role, SIDE, Style};

const HEAD: Style = Style::bold(100);
const PLAIN: Style = Style::plain(105);
const TOTAL: Style = Style::bold(105);

/// Room beside, above and below a cell's text.
const BESIDE: Length = Length::tenths(45);
const ROUND: Length = Length::mm(1);

/// The side of a code in a cell (our own default): 21 modules of 0.4 mm at the least.
const CODE: Length = Length::mm(10);

/// The lines of one cell, or its code.
enum Content {
    Lines(Vec<String>),
    Code(String),
}

/// A table on its way.
struct Grid<'t> {
    table: &'t Table,
    number: usize,
    /// Left edge and width of each column.
    columns: Vec<(Length, Length)>,
}

/// Lays a table out, below what stands there.
pub(crate) fn lay_out(flow: &mut Flow<'_>, table: &Table) -> Result<(), PrintError> {
    flow.tables += 1;
    let grid = Grid { table, number: flow.tables, columns: columns(table) };
    let heads: Vec<Cell> = table.columns.iter().map(|column| column.head.as_str().into()).collect();
    let head = grid.contents(flow, &heads, HEAD);
    let first = table.rows.first().map(|row| grid.contents(flow, row, PLAIN));
    let beginning = grid.height(&head, HEAD) + first.map_or(Length::ZERO, |row| grid.height(&row, PLAIN));
    flow.room(beginning);
    grid.head(flow, &head, false)?;
    let total = (!table.total.is_empty()).then_some((&table.total, TOTAL));
    let rows = table.rows.iter().map(|row| (row, PLAIN)).chain(total);
    for (number, (row, style)) in (1..).zip(rows) {
        let content = grid.contents(flow, row, style);
        for piece in grid.pieces(content, style, &head) {
            if flow.room(grid.height(&piece, style)) {
                grid.head(flow, &head, true)?;
            }
            grid.row(flow, number, &piece, style)?;
        }
    }
    Ok(())
}

/// Left edge and width of each column, by their shares.
fn columns(table: &Table) -> Vec<(Length, Length)> {
    let all = table.columns.iter().map(|column| u32::from(column.share)).sum();
    let mut before = 0;
    let mut edges = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let left = BODY.share(before, all);
        before += u32::from(column.share);
        edges.push((SIDE + left, BODY.share(before, all) - left));
    }
    edges
}

impl Grid<'_> {
    fn contents(&self, flow: &mut Flow<'_>, row: &[Cell], style: Style) -> Vec<Content> {
        let empty = Cell::Text(String::new());
        let cells = row.iter().chain(std::iter::repeat(&empty));
        let content = |(cell, (_, width)): (&Cell, &(Length, Length))| match cell {
            Cell::Code(payload) => Content::Code(payload.clone()),
            Cell::Text(text) => Content::Lines(flow.lines(text, style, *width - BESIDE * 2)),
        };
        cells.zip(&self.columns).map(content).collect()
    }

    fn height(&self, row: &[Content], style: Style) -> Length {
        let height = |content: &Content| match content {
            Content::Lines(lines) => style.leading() * lines.len(),
            Content::Code(_) => CODE,
        };
        let text = row.iter().map(height).max().unwrap_or_default() + ROUND * 2;
        // Nobody writes into a head.
        if style == HEAD { text } else { text.max(Length::mm(i32::from(self.table.row_mm))) }
    }

    /// A row as it is; one that is higher than a page in pieces that are not.
    fn pieces(&self, row: Vec<Content>, style: Style, head: &[Content]) -> Vec<Vec<Content>> {
        let page = HEIGHT - ABOVE * 2 - BELOW - self.height(head, HEAD) - ROUND * 2;
        let most = usize::try_from(page.0 / style.leading().0.max(1)).unwrap_or(1).max(1);
        let longest = |row: &[Content]| {
            row.iter().map(|content| if let Content::Lines(lines) = content { lines.len() } else { 1 }).max()
        };
        let mut pieces = vec![row];
        while let Some(last) = pieces.last_mut().filter(|last| longest(last) > Some(most)) {
            let rest = last.iter_mut().map(|content| match content {
                Content::Lines(lines) => Content::Lines(lines.split_off(most.min(lines.len()))),
                Content::Code(_) => Content::Lines(Vec::new()),
            });
            let rest = rest.collect();
            pieces.push(rest);
        }
        pieces
    }

    fn head(&self, flow: &mut Flow<'_>, head: &[Content], again: bool) -> Result<(), PrintError> {
        flow.rule(SIDE, flow.y, BODY, Ink::Black);
        let top = flow.y;
        self.cells(flow, head, HEAD, |column| match again {
            true => Role::Ornament,
            false => Role::Cell { table: self.number, row: 0, column },
        })?;
        self.frames(flow, top);
        flow.rule(SIDE, flow.y, BODY, Ink::Black);
        Ok(())
    }

    fn row(
        &self,
        flow: &mut Flow<'_>,
        row: usize,
        cells: &[Content],
        style: Style,
    ) -> Result<(), PrintError> {
        let top = flow.y;
        self.cells(flow, cells, style, |column| Role::Cell { table: self.number, row, column })?;
        self.frames(flow, top);
        flow.rule(SIDE, flow.y, BODY, self.between());
        Ok(())
    }

    /// The sides of cells to write in.
    fn frames(&self, flow: &mut Flow<'_>, top: Length) {
        if self.table.row_mm > 0 {
            let height = flow.y - top;
            let side = Mark::Rule { width: HAIR, height, ink: Ink::Black };
            let edges = self.columns.iter().map(|(x, _)| *x).chain([SIDE + BODY - HAIR]);
            for x in edges {
                flow.put(Role::Ornament, x, top, side.clone());
            }
        }
    }

    /// The ink of rules between rows: dark where they are frames.
    fn between(&self) -> Ink {
        if self.table.row_mm > 0 { Ink::Black } else { Ink::Light }
    }

    fn cells(
        &self,
        flow: &mut Flow<'_>,
        row: &[Content],
        style: Style,
        role: impl Fn(usize) -> Role,
    ) -> Result<(), PrintError> {
        let height = self.height(row, style);
        for (column, ((content, (x, width)), shape)) in
            row.iter().zip(&self.columns).zip(&self.table.columns).enumerate()
        {
            match content {
                Content::Lines(lines) => {
                    // A reader's tool counts cells: an empty one has a space in it.
                    let blank = [" ".to_owned()];
                    let lines = if lines.iter().all(String::is_empty) { &blank } else { lines.as_slice() };
                    let place = (*x + BESIDE, *width - BESIDE * 2, shape.align);
                    // Texts stand at the top of a row, in the middle of a cell to write in.
                    let text = style.leading() * lines.len();
                    let top = if self.table.row_mm > 0 { (height - text).half() } else { ROUND };
                    for (n, line) in lines.iter().enumerate() {
                        flow.line(role(column), line, style, place, flow.y + top + style.leading() * n);
                    }
                }
                Content::Code(payload) => {
                    let (x, y) = (*x + (*width - CODE).half(), flow.y + (height - CODE).half());
                    flow.code(role(column), x, y, CODE, payload)?;
                }
            }
        }
        flow.y += height;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Align, Column};

    #[test]
    fn columns_fill_the_width_by_their_shares() {
        let column = |share| Column { head: String::new(), share, align: Align::Left };
        let table =
            Table { columns: vec![column(1), column(2), column(4)], rows: vec![], total: vec![], row_mm: 0 };
        let edges = columns(&table);
        assert_eq!(edges[0].0, SIDE);
        assert!(edges.windows(2).all(|pair| pair[0].0 + pair[0].1 == pair[1].0));
        assert_eq!(edges[2].0 + edges[2].1, SIDE + BODY);
    }
}
