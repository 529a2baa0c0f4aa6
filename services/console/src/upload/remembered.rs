//! What columns meant the last time, by organisation and by the digest of a sheet's headings: so that a school says it once. Kept in
//! a file beside the database, which holds column numbers and codes and nothing of any sheet.

use creditbank_import::heading::{Choice, Meaning, Outline};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Kinds of sheets of one organisation that are remembered (our own default); the oldest makes room.
const SHEETS: usize = 20;
/// Organisations (our own default), some 8 MiB in all.
const ORGANIZATIONS: usize = 2_000;

/// A kind of sheet and what its columns mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sheet {
    /// SHA-256 of the headings.
    headings: String,
    /// Numbers of columns, from 0, by their meaning.
    columns: BTreeMap<String, usize>,
    form: String,
    course_version: String,
    opens_accounts: bool,
}

/// By organisation, as a resource name.
type Sheets = BTreeMap<String, Vec<Sheet>>;

/// What is remembered.
pub(crate) struct Remembered {
    file: Option<PathBuf>,
    sheets: Mutex<Sheets>,
}

impl Remembered {
    /// From a file, if there is one already; without a file nothing outlives the program.
    ///
    /// # Errors
    /// Where it cannot be read, or holds something else.
    pub(crate) fn open(file: Option<&Path>) -> io::Result<Remembered> {
        let sheets = match file.map(std::fs::read) {
            Some(Ok(bytes)) => serde_json::from_slice(&bytes)?,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => Sheets::new(),
        };
        Ok(Remembered { file: file.map(Path::to_owned), sheets: Mutex::new(sheets) })
    }

    /// What was chosen for sheets of this kind; none where one of its columns is not there.
    pub(super) fn find(&self, organization: &str, id: &str, outline: &Outline) -> Option<Choice> {
        let digest = outline.digest();
        let sheets = self.sheets.lock().unwrap_or_else(PoisonError::into_inner);
        let sheet = sheets.get(organization)?.iter().find(|sheet| sheet.headings == digest)?;
        let meaning = |key: &str| Meaning::ALL.into_iter().find(|meaning| meaning.key() == key);
        let columns = sheet.columns.iter();
        let columns =
            columns.map(|(key, place)| Some((meaning(key)?, outline.headings.get(*place)?.clone())));
        Some(Choice {
            organization: id.to_owned(),
            encoding: outline.encoding.clone(),
            delimiter: outline.delimiter.clone(),
            header_row: outline.header_row,
            columns: columns.collect::<Option<_>>()?,
            form: sheet.form.clone(),
            course_version: sheet.course_version.clone(),
            opens_accounts: sheet.opens_accounts,
        })
    }

    /// Remembers a choice. Whether it is on disk too is told in the log only: what was chosen holds either way.
    pub(super) fn keep(&self, organization: &str, outline: &Outline, choice: &Choice) {
        let place = |heading: &String| outline.headings.iter().position(|other| other == heading);
        let columns = choice.columns.iter();
        let columns =
            columns.filter_map(|(meaning, heading)| Some((meaning.key().to_owned(), place(heading)?)));
        let sheet = Sheet {
            headings: outline.digest(),
            columns: columns.collect(),
            form: choice.form.clone(),
            course_version: choice.course_version.clone(),
            opens_accounts: choice.opens_accounts,
        };
        let mut sheets = self.sheets.lock().unwrap_or_else(PoisonError::into_inner);
        if !sheets.contains_key(organization) && sheets.len() >= ORGANIZATIONS {
            return;
        }
        let own = sheets.entry(organization.to_owned()).or_default();
        if own.first() == Some(&sheet) {
            return;
        }
        own.retain(|held| held.headings != sheet.headings);
        own.insert(0, sheet);
        own.truncate(SHEETS);
        if let Some(file) = &self.file
            && let Err(error) = write(file, &sheets)
        {
            tracing::warn!(%error, "what columns mean could not be kept");
        }
    }
}

/// Whole or not at all.
fn write(file: &Path, sheets: &Sheets) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(&serde_json::to_vec_pretty(sheets)?)?;
    beside.as_file().sync_all()?;
    beside.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_found_again_for_the_same_headings_of_the_same_organisation() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("uploads.json");
        let outline = |headings: &[&str]| Outline {
            encoding: "utf-8".to_owned(),
            delimiter: ",".to_owned(),
            header_row: 1,
            headings: headings.iter().map(|heading| (*heading).to_owned()).collect(),
        };
        let sheet = outline(&["姓名", "居民碼", "日期"]);
        let choice = Choice {
            organization: "school".to_owned(),
            encoding: "utf-8".to_owned(),
            delimiter: ",".to_owned(),
            header_row: 1,
            columns: [(Meaning::Account, "居民碼".to_owned()), (Meaning::Day, "日期".to_owned())].into(),
            form: "lecture".to_owned(),
            course_version: String::new(),
            opens_accounts: true,
        };
        let remembered = Remembered::open(Some(&file)).unwrap();
        remembered.keep("ledgers/d/organizations/school", &sheet, &choice);
        let again = Remembered::open(Some(&file)).unwrap();
        let find = |organization, sheet| again.find(organization, "school", sheet);
        assert_eq!(find("ledgers/d/organizations/school", &sheet), Some(choice));
        assert_eq!(find("ledgers/d/organizations/other", &sheet), None);
        assert_eq!(find("ledgers/d/organizations/school", &outline(&["居民碼", "日期"])), None);
        let kept = std::fs::read_to_string(&file).unwrap();
        assert!(!kept.contains('姓') && !kept.contains("居民"), "{kept}");
        std::fs::write(&file, "{").unwrap();
        assert!(Remembered::open(Some(&file)).is_err());
    }
}
