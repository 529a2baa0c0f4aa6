//! What stands where on a page, and what it is to a reader who does not see the page.

use crate::code::Squares;
use crate::length::Length;

/// A4, ISO 216.
pub(crate) const WIDTH: Length = Length::mm(210);
pub(crate) const HEIGHT: Length = Length::mm(297);

/// The margins (our own default): left and right, above, and below, where the foot stands.
pub(crate) const SIDE: Length = Length::mm(18);
pub(crate) const ABOVE: Length = Length::mm(18);
pub(crate) const BELOW: Length = Length::mm(24);

/// What a mark belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing a reader needs: rules, running heads, feet, repeated heads of tables.
    Ornament,
    Title,
    Heading,
    /// A paragraph, by its number.
    Paragraph(usize),
    /// A code, by its number.
    Figure(usize),
    /// A cell, by table, row and column; row 0 is the head.
    Cell {
        table: usize,
        row: usize,
        column: usize,
    },
}

/// How dark a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Black,
    /// Of what is said beside: on white in a contrast of 7:1.
    Grey,
    /// Of rules between rows.
    Light,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) size: Length,
    pub(crate) bold: bool,
    pub(crate) ink: Ink,
}

impl Style {
    pub(crate) const fn plain(tenths: i32) -> Style {
        Style { size: Length::tenths(tenths), bold: false, ink: Ink::Black }
    }

    pub(crate) const fn bold(tenths: i32) -> Style {
        Style { bold: true, ..Style::plain(tenths) }
    }

    pub(crate) const fn grey(tenths: i32) -> Style {
        Style { ink: Ink::Grey, ..Style::plain(tenths) }
    }

    /// From one line to the next.
    pub(crate) fn leading(self) -> Length {
        self.size.thousandths(1_450)
    }

    /// From the top of a line to the feet of its letters: Noto's ascent of 880 and the upper half of what is between lines.
    pub(crate) fn baseline(self) -> Length {
        self.size.thousandths(880 + 225)
    }
}

/// A mark, by its left upper corner; texts by their baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    Text {
        style: Style,
        text: String,
    },
    /// A filled rectangle: a rule or the side of a frame.
    Rule {
        width: Length,
        height: Length,
        ink: Ink,
    },
    Code {
        side: Length,
        squares: Squares,
        reads: String,
    },
}

/// A mark at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) role: Role,
    pub(crate) x: Length,
    pub(crate) y: Length,
    pub(crate) mark: Mark,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sheet {
    pub(crate) placed: Vec<Placed>,
}
