//! The look at everything in the archive before the first row is read: each part is inflated once, and what acts is
//! refused, wherever it hides and whatever it is called.

use super::archive::Archive;
use super::book::last_word;
use super::fault::{Fault, fault_of};
use super::kind::macros;
use super::xml::{Step, Xml};
use std::io::Read;

/// What is read as XML, by the end of its name.
const XML: [&str; 4] = [".xml", ".rels", ".svg", ".psmdcp"];
/// Pictures, which nobody looks at here. Those of comments (`.vml`) are XML in name only: Excel leaves tags open in them.
const PICTURES: [&str; 10] =
    [".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".vml"];
/// How files begin that hold others: compound files, archives, programs.
const CONTAINERS: [&[u8]; 4] = [b"\xD0\xCF\x11\xE0", b"PK\x03\x04", b"MZ", b"\x7FELF"];
/// Words of names, and what it is that lies there.
const ACTING: [(&str, &str); 10] = [
    ("vbaproject", "巨集 (macros)"),
    ("macrosheets/", "巨集 (macros)"),
    ("dialogsheets/", "巨集 (macros)"),
    ("customui/", "巨集 (macros)"),
    ("activex", "ActiveX 控制項 (ActiveX)"),
    ("embeddings/", "內嵌物件 (embedded objects)"),
    ("externallinks/", "外部連結 (links to other files)"),
    ("connections.xml", "資料連線 (data connections)"),
    ("querytables/", "資料連線 (data connections)"),
    ("webextensions/", "增益集 (add-ins)"),
];

/// Refuses what acts by its name.
pub(super) fn names(archive: &Archive) -> Result<(), Fault> {
    archive.entries().iter().try_for_each(|entry| refuse_by_name(&entry.name))
}

/// Refuses what acts by its content. `read` are the places of parts that are read, and so judged, elsewhere.
pub(super) fn parts(archive: &mut Archive, read: &[usize]) -> Result<(), Fault> {
    let names: Vec<String> = archive.entries().iter().map(|entry| entry.name.clone()).collect();
    for (index, name) in names.iter().enumerate() {
        let lower = name.to_ascii_lowercase();
        if read.contains(&index) {
            continue;
        }
        if XML.iter().any(|end| lower.ends_with(end)) {
            walk(Xml::new(archive.part(index)?, name)?)?;
            continue;
        }
        let mut part = archive.part(index)?;
        let mut chunk = [0; 8192];
        let mut is_head = true;
        loop {
            let bytes = part.read(&mut chunk).map_err(|error| fault_of(&error, name))?;
            let chunk = chunk.get(..bytes).unwrap_or_default();
            if is_head && CONTAINERS.iter().any(|magic| chunk.starts_with(magic)) {
                return Err(acting("內嵌物件 (embedded objects)", name));
            }
            is_head = false;
            if bytes == 0 {
                break;
            }
        }
    }
    Ok(())
}

fn refuse_by_name(name: &str) -> Result<(), Fault> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, what)) = ACTING.iter().find(|(word, _)| lower.contains(word)) {
        return Err(acting(what, name));
    }
    // What a printer wants to know lies beside every sheet that was printed once, and acts on nothing here.
    let is_known = lower.ends_with('/')
        || XML.iter().chain(&PICTURES).any(|end| lower.ends_with(end))
        || lower.contains("printersettings/") && lower.ends_with(".bin");
    if is_known { Ok(()) } else { Err(acting("不明的檔案 (an unknown file)", name)) }
}

fn acting(what: &str, part: &str) -> Fault {
    Fault::Active(format!(
        "活頁簿夾帶{what}：{part}；請只把名單的值複製到新的活頁簿（選擇性貼上 → 值），另存為 .xlsx 再匯入。\
         The workbook carries {part}: copy the values of the list into a new workbook and save that as .xlsx."
    ))
}

/// Walks a part that nobody reads: it must be plain XML, and point outside by nothing but hyperlinks, which Excel makes of
/// every e-mail address and nobody follows here.
fn walk(mut xml: Xml<'_>) -> Result<(), Fault> {
    loop {
        match xml.next()? {
            Step::Start if xml.depth() == 1 && matches!(xml.tag(), "macrosheet" | "dialogsheet") => {
                return Err(macros(xml.part()));
            }
            Step::Start if xml.depth() == 1 && xml.tag() == "externalLink" => {
                return Err(acting("外部連結 (links to other files)", xml.part()));
            }
            Step::Start if xml.tag() == "Relationship" => {
                let (mut is_external, mut is_hyperlink) = (false, false);
                xml.attributes(|name, value| match name {
                    "TargetMode" => is_external = value.eq_ignore_ascii_case("External"),
                    "Type" => is_hyperlink = last_word(value) == "hyperlink",
                    _ => {}
                })?;
                if is_external && !is_hyperlink {
                    return Err(acting("外部連結 (links to other files)", xml.part()));
                }
            }
            Step::Eof => return Ok(()),
            _ => {}
        }
    }
}
