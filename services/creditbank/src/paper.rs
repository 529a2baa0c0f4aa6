//! Papers as PDF, into a file: the same as the console prints.

use crate::args::{Common, Pdf};
use crate::connect::{channel, ledger_id};
use crate::failure::Failure;
use crate::http::no_origin;
use crate::show::{as_of, print_json};
use creditbank_console::{NoPaper, PaperLanguage, Press, Subject};
use std::path::Path;
use std::process::ExitCode;

/// Refuses what a paper cannot be limited to.
pub(crate) fn only(flags: &[(&str, bool)]) -> Result<(), Failure> {
    match flags.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(Failure::refused(
            "FIELD_INVALID",
            format!("--pdf 不能和 {flag} 一起用。--pdf does not go together with {flag}."),
        )),
    }
}

/// Prints a paper as the ledger stands, or as it was at a position.
pub(crate) async fn print(
    common: &Common,
    subject: &Subject,
    at: Option<&str>,
    paper: &Pdf,
    file: &Path,
) -> Result<ExitCode, Failure> {
    let (position, instant) = as_of(at)?;
    if instant.is_some() {
        return Err(Failure::refused(
            "FIELD_INVALID",
            "--pdf 的 --as-of 請填帳本位置。With --pdf, --as-of takes a position.".to_owned(),
        ));
    }
    let language = match paper.pdf_language.as_str() {
        "en" => PaperLanguage::En,
        "zh-Hans" => PaperLanguage::Hans,
        _ => PaperLanguage::Hant,
    };
    let ledger = creditbank_grpc::ledger_name(&ledger_id(common)?);
    let press = Press::new(channel(common).await?, ledger, language, paper.console_url.as_deref());
    let made = press.map_err(no_origin)?.print(subject, position).await?;
    std::fs::write(file, &made.printed.pdf)
        .map_err(|error| Failure::refused("FIELD_INVALID", format!("{}：{error}", file.display())))?;
    let (pages, lacking) = (made.printed.pages, made.printed.lacking);
    if common.json {
        print_json(&serde_json::json!({
            "file": file, "pages": pages, "position": made.position, "lacking_characters": lacking
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} 已寫入 {}：{pages} 頁，帳本位置 {}。", made.title, file.display(), made.position);
    if lacking > 0 {
        println!(
            "有 {lacking} 個字字型沒有，以編碼印在方括號裡。\
             {lacking} characters are not in the font and stand as code points in brackets."
        );
    }
    Ok(ExitCode::SUCCESS)
}

impl From<NoPaper> for Failure {
    fn from(no: NoPaper) -> Failure {
        if no.later { Failure::unavailable(no.text) } else { Failure::refused(no.reason, no.text) }
    }
}
