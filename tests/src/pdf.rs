//! A PDF as its readers get it: text, fonts and pixels, by poppler.

use std::io::Write as _;
use std::process::Command;
use tempfile::NamedTempFile;

/// A PDF on disk.
pub struct Pdf(NamedTempFile);

/// A page in shades of grey, 0 = black.
pub struct Shades {
    /// Pixels of a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
    pixels: Vec<u8>,
}

/// A word and its box, in points from the left upper corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Left, top, right, bottom.
    pub area: [f64; 4],
    /// The word.
    pub text: String,
}

impl Pdf {
    /// Of its bytes.
    pub fn of(bytes: &[u8]) -> Pdf {
        assert!(
            bytes.starts_with(b"%PDF-"),
            "no PDF: {}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
        );
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        Pdf(file)
    }

    fn ask(&self, program: &str, arguments: &[&str], last: &[&str]) -> Vec<u8> {
        let asked = Command::new(program).args(arguments).arg(self.0.path()).args(last).output();
        let answer =
            asked.unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs poppler-utils"));
        assert!(answer.status.success(), "{program}: {}", String::from_utf8_lossy(&answer.stderr));
        answer.stdout
    }

    /// The text of each page, in the order in which it was written.
    pub fn pages(&self) -> Vec<String> {
        let text = String::from_utf8(self.ask("pdftotext", &["-raw", "-enc", "UTF-8"], &["-"])).unwrap();
        text.trim_end_matches('\u{c}').split('\u{c}').map(str::to_owned).collect()
    }

    /// All words of a page, from 1, with their boxes.
    pub fn words(&self, page: usize) -> Vec<Word> {
        let page = page.to_string();
        let html = self.ask("pdftotext", &["-bbox", "-f", &page, "-l", &page], &["-"]);
        let html = String::from_utf8(html).unwrap();
        let number = |line: &str, name: &str| -> f64 {
            let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let words = html.lines().filter_map(|line| line.trim().strip_prefix("<word "));
        words
            .map(|line| {
                let text = line.split_once('>').unwrap().1.trim_end_matches("</word>");
                let text = text
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&quot;", "\"")
                    .replace("&amp;", "&");
                Word { area: ["xMin", "yMin", "xMax", "yMax"].map(|name| number(line, name)), text }
            })
            .collect()
    }

    /// What `pdffonts` says of each font: its name, and whether it is embedded, a subset, with the text of its glyphs.
    pub fn fonts(&self) -> Vec<(String, [bool; 3])> {
        let told = String::from_utf8(self.ask("pdffonts", &[], &[])).unwrap();
        let fonts = told.lines().skip(2).map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let flags: Vec<bool> =
                fields.iter().filter(|f| ["yes", "no"].contains(f)).map(|f| *f == "yes").collect();
            (fields[0].to_owned(), flags.try_into().unwrap())
        });
        fonts.collect()
    }

    /// A page, from 1, as pixels.
    pub fn shades(&self, page: usize, dots_an_inch: u32) -> Shades {
        let (page, dots) = (page.to_string(), dots_an_inch.to_string());
        let image = self.ask("pdftoppm", &["-gray", "-r", &dots, "-f", &page, "-l", &page], &[]);
        // Portable greymap: P5, width, height, 255, and a byte a pixel.
        let mut at = 0;
        let mut field = || {
            let end = at + image[at..].iter().position(u8::is_ascii_whitespace).unwrap();
            let field = std::str::from_utf8(&image[at..end]).unwrap().to_owned();
            at = end + 1;
            field
        };
        assert_eq!(field(), "P5");
        let (width, height) = (field().parse().unwrap(), field().parse().unwrap());
        assert_eq!(field(), "255");
        let pixels = image[at..].to_vec();
        assert_eq!(pixels.len(), width * height);
        Shades { width, height, pixels }
    }

    /// What the QR codes of a page say.
    pub fn codes(&self, page: usize) -> Vec<String> {
        let shades = self.shades(page, 300);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(shades.width, shades.height, |x, y| {
            shades.pixels[y * shades.width + x]
        });
        image.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    }
}

impl Shades {
    /// How many pixels of a box in points are dark, at so many dots an inch.
    #[allow(
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths on paper, not quantities of the ledger"
    )]
    pub fn dark(&self, [left, top, right, bottom]: [f64; 4], dots_an_inch: u32) -> usize {
        let pixel = |points: f64| (points * f64::from(dots_an_inch) / 72.0).max(0.0) as usize;
        let lines = pixel(top)..pixel(bottom).min(self.height);
        let dark = |line: usize| {
            let (from, to) = (pixel(left).min(self.width), pixel(right).min(self.width));
            self.pixels[line * self.width + from..line * self.width + to]
                .iter()
                .filter(|shade| **shade < 128)
                .count()
        };
        lines.map(dark).sum()
    }
}

/// A text without white space.
pub fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
