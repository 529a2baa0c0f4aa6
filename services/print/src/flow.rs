//! The way of a document down its pages.

use crate::PrintError;
use crate::code::Squares;
use crate::document::{Align, Block, Code, Document};
use crate::face::Face;
use crate::length::Length;
use crate::line::broken;
use crate::sheet::{ABOVE, BELOW, HEIGHT, Ink, Mark, Placed, Role, SIDE, Sheet, Style, WIDTH};
use crate::table;

/// The width of everything.
pub(crate) const BODY: Length = Length(WIDTH.0 - 2 * SIDE.0);

/// How thick rules are.
pub(crate) const HAIR: Length = Length(50);

const ISSUER: Style = Style::grey(110);
const TITLE: Style = Style::bold(220);
const SUBJECT: Style = Style::plain(130);
const LABEL: Style = Style::grey(105);
const VALUE: Style = Style::plain(110);
const HEADING: Style = Style::bold(130);
const TEXT: Style = Style::plain(110);
const NOTE: Style = Style::grey(90);
const CAPTION: Style = Style::grey(75);
const FOOT: Style = Style::grey(80);

const GAP: Length = Length::mm(4);
/// A code of 60 modules has squares of half a millimetre, which telephones read from paper.
const CODE: Length = Length::mm(30);
const LABELS: Length = Length::mm(38);
const SEAL: Length = Length::mm(26);

/// Where on which page the next thing stands.
pub(crate) struct Flow<'a> {
    pub(crate) face: &'a Face,
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) y: Length,
    lacking: usize,
    paragraphs: usize,
    figures: usize,
    pub(crate) tables: usize,
}

/// Lays a document out: its pages, and how many characters the font lacks.
pub(crate) fn lay_out(document: &Document, face: &Face) -> Result<(Vec<Sheet>, usize), PrintError> {
    let sheets = vec![Sheet::default()];
    let mut flow = Flow { face, sheets, y: ABOVE, lacking: 0, paragraphs: 0, figures: 0, tables: 0 };
    flow.opening(document)?;
    for block in &document.blocks {
        flow.block(block)?;
    }
    flow.running(document);
    Ok((flow.sheets, flow.lacking))
}

impl Flow<'_> {
    /// Puts a mark on the present page.
    pub(crate) fn put(&mut self, role: Role, x: Length, y: Length, mark: Mark) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.placed.push(Placed { role, x, y, mark });
        }
    }

    /// Goes on to the next page where the rest of this one is lower than `height`. Says whether it did.
    pub(crate) fn room(&mut self, height: Length) -> bool {
        let over = self.y + height > HEIGHT - BELOW && self.y > ABOVE;
        if over {
            self.sheets.push(Sheet::default());
            self.y = ABOVE + GAP + FOOT.leading();
        }
        over
    }

    /// The lines of a text, in characters that the font has.
    pub(crate) fn lines(&mut self, text: &str, style: Style, width: Length) -> Vec<String> {
        let (spelled, lacking) = self.face.spell(text);
        self.lacking += lacking;
        broken(self.face, &spelled, style.size, width)
    }

    /// Draws a line within a width.
    pub(crate) fn line(
        &mut self,
        role: Role,
        text: &str,
        style: Style,
        place: (Length, Length, Align),
        y: Length,
    ) {
        let (x, width, align) = place;
        let x = match align {
            Align::Left => x,
            Align::Right => x + width - self.face.width(text, style.size),
        };
        self.put(role, x, y + style.baseline(), Mark::Text { style, text: text.to_owned() });
    }

    /// A rule over a width.
    pub(crate) fn rule(&mut self, x: Length, y: Length, width: Length, ink: Ink) {
        self.put(Role::Ornament, x, y, Mark::Rule { width, height: HAIR, ink });
    }

    /// A code; what it reads is told to whoever does not see it.
    pub(crate) fn code(
        &mut self,
        role: Role,
        x: Length,
        y: Length,
        side: Length,
        payload: &str,
    ) -> Result<(), PrintError> {
        let squares = Squares::of(payload)?;
        self.put(role, x, y, Mark::Code { side, squares, reads: payload.to_owned() });
        Ok(())
    }

    fn paragraph(&mut self) -> Role {
        self.paragraphs += 1;
        Role::Paragraph(self.paragraphs)
    }

    pub(crate) fn figure(&mut self) -> Role {
        self.figures += 1;
        Role::Figure(self.figures)
    }

    /// A text down the page.
    fn text(&mut self, role: Role, text: &str, style: Style, x: Length, width: Length) {
        for line in self.lines(text, style, width) {
            self.room(style.leading());
            self.line(role, &line, style, (x, width, Align::Left), self.y);
            self.y += style.leading();
        }
    }

    /// Who issues what, the code beside it, and the facts.
    fn opening(&mut self, document: &Document) -> Result<(), PrintError> {
        let width = if document.code.is_some() { BODY - CODE - GAP } else { BODY };
        if !document.issuer.is_empty() {
            let role = self.paragraph();
            self.text(role, &document.issuer, ISSUER, SIDE, width);
        }
        self.text(Role::Title, &document.title, TITLE, SIDE, width);
        if !document.subject.is_empty() {
            let role = self.paragraph();
            self.text(role, &document.subject, SUBJECT, SIDE, width);
        }
        self.y += GAP.half();
        for (label, value) in &document.facts {
            self.fact(label, value, width);
        }
        if let Some(code) = &document.code {
            self.beside(code)?;
        }
        self.y += GAP;
        Ok(())
    }

    fn fact(&mut self, label: &str, value: &str, width: Length) {
        let role = self.paragraph();
        let values = self.lines(value, VALUE, width - LABELS);
        let labels = self.lines(label, LABEL, LABELS - GAP.half());
        self.room(VALUE.leading() * values.len().max(labels.len()));
        let mut below = self.y;
        for (n, line) in labels.iter().enumerate() {
            self.line(role, line, LABEL, (SIDE, LABELS, Align::Left), self.y + VALUE.leading() * n);
        }
        for line in &values {
            self.line(role, line, VALUE, (SIDE + LABELS, width, Align::Left), below);
            below += VALUE.leading();
        }
        self.y = below.max(self.y + VALUE.leading() * labels.len());
    }

    /// The code in the upper corner of the first page, whatever stands beside it.
    fn beside(&mut self, code: &Code) -> Result<(), PrintError> {
        let x = SIDE + BODY - CODE;
        let role = self.figure();
        let below = std::mem::replace(&mut self.y, ABOVE);
        // Facts that went over the first page leave the corner behind.
        let later = self.sheets.split_off(1);
        self.code(role, x, self.y, CODE, &code.payload)?;
        self.y += CODE + GAP.half();
        let role = self.paragraph();
        self.text(role, &code.caption, CAPTION, x, CODE);
        self.y = if later.is_empty() { below.max(self.y) } else { below };
        self.sheets.extend(later);
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), PrintError> {
        match block {
            Block::Heading(text) => {
                self.y += GAP;
                self.room(HEADING.leading() + GAP * 4);
                self.text(Role::Heading, text, HEADING, SIDE, BODY);
                self.y += GAP.half();
            }
            Block::Text(text) => {
                let role = self.paragraph();
                self.text(role, text, TEXT, SIDE, BODY);
                self.y += GAP.half();
            }
            Block::Note(text) => {
                let role = self.paragraph();
                self.text(role, text, NOTE, SIDE, BODY);
                self.y += GAP.half();
            }
            Block::Table(held) => {
                table::lay_out(self, held)?;
                self.y += GAP;
            }
            Block::Seals(places) => self.seals(places),
        }
        Ok(())
    }

    /// Places to sign or seal: the words, and a line to sign on.
    fn seals(&mut self, places: &[String]) {
        self.y += GAP;
        self.room(SEAL);
        let each = BODY.share(1, u32::try_from(places.len()).unwrap_or(1));
        let mut x = SIDE;
        for place in places {
            let role = self.paragraph();
            for (n, line) in self.lines(place, TEXT, each - GAP).iter().enumerate() {
                self.line(role, line, TEXT, (x, each, Align::Left), self.y + TEXT.leading() * n);
            }
            self.rule(x, self.y + SEAL - GAP, each - GAP, Ink::Black);
            x += each;
        }
        self.y += SEAL;
    }

    /// The foot of each page, and the running head of all but the first.
    fn running(&mut self, document: &Document) {
        let pages = self.sheets.len();
        let below = HEIGHT - BELOW + GAP;
        let numbers = Length::mm(40);
        let foot = self.lines(&document.foot, FOOT, BODY - numbers);
        let head = match document.subject.as_str() {
            "" => document.title.clone(),
            subject => format!("{} · {subject}", document.title),
        };
        let (head, _) = self.face.spell(&head.replace('\n', " "));
        let finished = std::mem::take(&mut self.sheets);
        for (number, sheet) in (1..).zip(finished) {
            self.sheets.push(sheet);
            if number > 1 {
                self.line(Role::Ornament, &head, FOOT, (SIDE, BODY, Align::Left), ABOVE - GAP.half());
                self.rule(SIDE, ABOVE + FOOT.leading(), BODY, Ink::Light);
            }
            self.rule(SIDE, below - GAP.half(), BODY, Ink::Light);
            for (n, line) in foot.iter().enumerate() {
                let y = below + FOOT.leading() * n;
                self.line(Role::Ornament, line, FOOT, (SIDE, BODY, Align::Left), y);
            }
            let page = document.language.page_of(number, pages);
            self.line(Role::Ornament, &page, FOOT, (SIDE, BODY, Align::Right), below);
        }
    }
}
