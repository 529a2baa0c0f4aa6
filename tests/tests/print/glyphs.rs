//! Every character comes back as text and is drawn.

use creditbank_print::{Align, Block, Cell, Column, Document, Language, Table, print};
use creditbank_tests::pdf::{Pdf, solid};
use encoding_rs::{BIG5, Encoding, GBK};
use std::collections::BTreeSet;

const COLUMNS: usize = 25;
const DOTS: u32 = 150;

/// What Noto Sans CJK TC lacks of Big5.
const LACKING: [char; 4] = ['\u{2cd}', '\u{203e}', '\u{223c}', '\u{2252}'];

/// The characters of a range of double bytes.
fn charset(
    encoding: &'static Encoding,
    lead: std::ops::RangeInclusive<u8>,
    trail: &[std::ops::RangeInclusive<u8>],
) -> BTreeSet<char> {
    let trails = trail.iter().cloned().flatten().collect::<Vec<u8>>();
    let pairs = lead.flat_map(|lead| trails.iter().map(move |trail| [lead, *trail]));
    let decoded = pairs.filter_map(|pair| {
        encoding.decode_without_bom_handling_and_without_replacement(&pair).map(|text| text.into_owned())
    });
    decoded
        .filter(|text| text.chars().count() == 1)
        .flat_map(|text| text.chars().collect::<Vec<_>>())
        .collect()
}

/// A sheet of single characters, each in a cell of its own.
fn sheet(characters: &[char]) -> Document {
    let column = Column { head: "head".to_owned(), share: 1, align: Align::Left };
    let rows = characters.chunks(COLUMNS).map(|row| row.iter().map(|c| Cell::Text(c.to_string())).collect());
    let table = Table { columns: vec![column; COLUMNS], rows: rows.collect(), total: vec![], row_mm: 0 };
    Document {
        language: Language::Hant,
        issuer: String::new(),
        title: "sheet".to_owned(),
        subject: String::new(),
        code: None,
        facts: vec![],
        blocks: vec![Block::Table(table)],
        foot: String::new(),
    }
}

/// Each character as its own word with a box, page by page; heads and feet left out by what they say.
fn comes_back(name: &str, characters: &BTreeSet<char>) {
    let characters: Vec<char> = characters.iter().copied().collect();
    let printed = print(&sheet(&characters)).unwrap();
    assert_eq!(printed.lacking, 0, "{name}");
    let pdf = Pdf::of(&printed.pdf);
    let mut back = BTreeSet::new();
    for page in 1..=printed.pages {
        let shades = pdf.shades(page, DOTS);
        for word in pdf.words(page) {
            let mut letters = word.text.chars();
            if let (Some(letter), None) = (letters.next(), letters.next()) {
                assert!(
                    shades.dark(word.area, DOTS) > 0,
                    "{name}: {letter} U+{:04X} is blank",
                    u32::from(letter)
                );
                back.insert(letter);
            }
        }
    }
    let lost: Vec<String> = characters
        .iter()
        .filter(|c| !back.contains(c))
        .map(|c| format!("{c} U+{:04X}", u32::from(*c)))
        .collect();
    assert!(
        lost.is_empty(),
        "{name}: {} of {} lost: {:?}",
        lost.len(),
        characters.len(),
        &lost[..lost.len().min(30)]
    );
    println!("{name}: {} characters, {} pages, {} bytes", characters.len(), printed.pages, printed.pdf.len());
}

fn ideographs(set: BTreeSet<char>) -> BTreeSet<char> {
    set.into_iter().filter(|c| matches!(u32::from(*c), 0x3400..=0x9fff | 0x20000..=0x3ffff)).collect()
}

#[test]
fn every_ideograph_of_big5_comes_back_and_is_drawn() {
    let all = charset(BIG5, 0xa4..=0xf9, &[0x40..=0x7e, 0xa1..=0xfe]);
    let all = ideographs(all);
    assert!(all.len() > 13_000, "{}", all.len());
    comes_back("Big5", &all);
}

#[test]
fn every_ideograph_of_gb_2312_comes_back_and_is_drawn() {
    let all = ideographs(charset(GBK, 0xb0..=0xf7, &[0xa1..=0xfe]));
    assert_eq!(all.len(), 6_763, "GB 2312-80");
    comes_back("GB 2312", &all);
}

#[test]
fn every_ideograph_of_extension_a_and_rare_names_come_back_and_are_drawn() {
    // Unicode 3.0: U+3400 to U+4DB5.
    comes_back("Extension A", &('\u{3400}'..='\u{4db5}').collect());
    comes_back("names", &"堃喆煊淼犇骉曌龘鱻玥璟珺峯綉粧裏碁恒湧喆燚赟瑆𨳊𠮷𠀡".chars().collect());
}

#[test]
fn signs_come_back_as_text_and_what_is_lacking_is_told() {
    let signs = "！？，。、；：「」『』（）《》〈〉【】—…·～／＋－×÷＝％‰°′″℃№℡§※☆★○●◎◇◆□■△▲→←↑↓①②③⑩ⅠⅡⅢ㎡㎏ＡＺａｚ０９ABCabc0123456789+-*/=%&@#ēéěèǖāóüΩπбДあアㄅㄆㄇ€£¥";
    let mut document = sheet(&[]);
    document.blocks = vec![Block::Text(signs.to_owned())];
    let printed = print(&document).unwrap();
    assert_eq!(printed.lacking, 0);
    assert!(solid(&Pdf::of(&printed.pdf).pages()[0]).contains(signs), "{}", Pdf::of(&printed.pdf).pages()[0]);
    for lacking in LACKING {
        document.blocks = vec![Block::Text(format!("甲{lacking}乙"))];
        let printed = print(&document).unwrap();
        assert_eq!(printed.lacking, 1, "{lacking}");
        let text = format!("甲[U+{:04X}]乙", u32::from(lacking));
        assert!(Pdf::of(&printed.pdf).pages()[0].contains(&text), "{lacking}");
    }
}
