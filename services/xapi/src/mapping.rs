//! Which activity of which platform is which course: a file that whoever runs the server writes, read again when it changes.

use crate::reply::Refused;
use axum::http::StatusCode;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The largest file that is read, in bytes (our own default): 4,000 courses.
const LARGEST: u64 = 1 << 20;

/// Somebody completed an activity.
pub(crate) const COMPLETED: &str = "http://adlnet.gov/expapi/verbs/completed";
/// Somebody passed an activity.
pub(crate) const PASSED: &str = "http://adlnet.gov/expapi/verbs/passed";

/// Why a mapping is not used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The file cannot be read.
    #[error("讀不到檔案 cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// The file is larger than a mapping is.
    #[error("檔案超過 {LARGEST} 位元組 larger than {LARGEST} bytes")]
    TooLarge,
    /// It is not TOML of the shape that docs/xapi.md describes.
    #[error("格式不符 (docs/xapi.md): {0}")]
    Malformed(#[from] toml::de::Error),
    /// Two rows say different things.
    #[error("「{0}」出現兩次，請留一個。\"{0}\" stands there twice: keep one.")]
    Twice(String),
    /// A row names no version of a course.
    #[error("version「{0}」須寫成 課程/版本。Write version \"{0}\" as COURSE/VERSION.")]
    Version(String),
}

/// A platform, as its operator wrote it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    /// Whose ledger, such as `district`.
    pub(crate) ledger: String,
    /// The organisation that posts: that of the platform's token.
    pub(crate) organization: String,
    /// `account.homePage` of its actors; `account.name` is the id of the resident's account.
    pub(crate) home_page: String,
    #[serde(default, rename = "course")]
    courses: Vec<Course>,
    /// Where a course stands among them, by its activity and by its version.
    #[serde(skip)]
    places: HashMap<String, usize>,
}

/// An activity that is a version of a registered course.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Course {
    /// The id of the activity, an IRI.
    pub(crate) activity: String,
    /// `COURSE/VERSION`.
    pub(crate) version: String,
    /// The verbs that complete it; the first is the one that is told back.
    #[serde(default = "completing")]
    pub(crate) verbs: Vec<String>,
}

fn completing() -> Vec<String> {
    vec![COMPLETED.to_owned(), PASSED.to_owned()]
}

impl Course {
    /// `COURSE` and `VERSION`; both are there once the file was read.
    fn parts(&self) -> Option<(&str, &str)> {
        self.version
            .split_once('/')
            .filter(|(course, version)| !course.is_empty() && !version.is_empty() && !version.contains('/'))
    }

    /// The version's resource name.
    pub(crate) fn version_name(&self, ledger: &str) -> String {
        format!("{ledger}/{}", self.path())
    }

    /// The same below its ledger. No activity is called so: an IRI has a scheme.
    fn path(&self) -> String {
        let (course, version) = self.parts().unwrap_or_default();
        format!("courses/{course}/versions/{version}")
    }
}

impl Platform {
    /// The course that an activity is.
    pub(crate) fn course(&self, activity: &str) -> Option<&Course> {
        self.courses.get(*self.places.get(activity)?).filter(|course| course.activity == activity)
    }

    /// The course of a version's resource name.
    pub(crate) fn course_of(&self, ledger: &str, version: &str) -> Option<&Course> {
        let path = version.strip_prefix(ledger)?.strip_prefix('/')?;
        self.courses.get(*self.places.get(path)?).filter(|course| course.path() == path)
    }

    /// Places the courses. One to one, so that an entry can be told as a statement again.
    fn place(&mut self) -> Result<(), MappingError> {
        for (n, course) in self.courses.iter().enumerate() {
            course.parts().ok_or_else(|| MappingError::Version(course.version.clone()))?;
            for name in [course.activity.clone(), course.path()] {
                if self.places.insert(name, n).is_some() {
                    return Err(MappingError::Twice(course.activity.clone()));
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "platform")]
    platforms: Vec<Platform>,
}

/// The platforms of a deployment and what their activities are; of a file that is read again when it changes, at most each
/// time a statement comes.
pub struct Mapping {
    file: PathBuf,
    held: Mutex<Held>,
}

struct Held {
    written: Option<SystemTime>,
    platforms: Arc<[Arc<Platform>]>,
}

impl Mapping {
    /// Of a file, TOML as docs/xapi.md describes it.
    ///
    /// # Errors
    /// Where it cannot be read, is no mapping, or contradicts itself.
    pub fn open(file: &Path) -> Result<Mapping, MappingError> {
        let written = std::fs::metadata(file)?.modified()?;
        let held = Mutex::new(Held { written: Some(written), platforms: read(file)? });
        Ok(Mapping { file: file.to_owned(), held })
    }

    /// The platform of a token.
    ///
    /// # Errors
    /// Where the mapping has none.
    pub(crate) fn platform(&self, ledger: &str, organization: &str) -> Result<Arc<Platform>, Refused> {
        let platforms = self.platforms();
        let found = platforms.iter().find(|one| one.ledger == ledger && one.organization == organization);
        found.cloned().ok_or_else(|| {
            Refused::of(
                StatusCode::FORBIDDEN,
                "XAPI_PLATFORM",
                format!(
                    "這個憑證的機構「{organization}」沒有列在平台對照表（--xapi-mapping）。\
                     The organisation \"{organization}\" of this token is no platform of the mapping (--xapi-mapping)."
                ),
            )
        })
    }

    /// As the file is now. One that has become wrong changes nothing: what stood before goes on.
    fn platforms(&self) -> Arc<[Arc<Platform>]> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let file = &self.file;
        let written = std::fs::metadata(file).and_then(|about| about.modified()).ok();
        if written.is_some() && written != held.written {
            match read(file) {
                Ok(platforms) => held.platforms = platforms,
                Err(error) => tracing::warn!(%error, "the mapping of platforms changed and cannot be read"),
            }
            held.written = written;
        }
        Arc::clone(&held.platforms)
    }
}

fn read(file: &Path) -> Result<Arc<[Arc<Platform>]>, MappingError> {
    if std::fs::metadata(file)?.len() > LARGEST {
        return Err(MappingError::TooLarge);
    }
    let File { mut platforms } = toml::from_str(&std::fs::read_to_string(file)?)?;
    let mut tokens = BTreeSet::new();
    for platform in &mut platforms {
        platform.place()?;
        if !tokens.insert((platform.ledger.clone(), platform.organization.clone())) {
            return Err(MappingError::Twice(platform.organization.clone()));
        }
    }
    Ok(platforms.into_iter().map(Arc::new).collect())
}

#[cfg(test)]
mod tests {
    use super::{Mapping, MappingError};

    fn open(text: &str) -> Result<Mapping, MappingError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("platforms.toml");
        std::fs::write(&file, text).unwrap();
        Mapping::open(&file)
    }

    const PLATFORM: &str =
        "[[platform]]\nledger = \"d\"\norganization = \"online\"\nhome_page = \"https://l.example\"\n";

    #[test]
    fn a_platform_is_found_by_its_token() {
        let mapping = open(&format!(
            "{PLATFORM}[[platform.course]]\nactivity = \"https://l.example/1\"\nversion = \"tea/v1\"\n"
        ));
        let platform = mapping.unwrap().platform("d", "online").unwrap();
        assert_eq!(
            platform.course("https://l.example/1").unwrap().version_name("ledgers/d"),
            "ledgers/d/courses/tea/versions/v1"
        );
        assert!(platform.course("https://l.example/2").is_none());
        assert!(open(PLATFORM).unwrap().platform("d", "other").is_err());
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let course = |activity: &str, version: &str| {
            format!("[[platform.course]]\nactivity = \"{activity}\"\nversion = \"{version}\"\n")
        };
        let twice = [
            format!("{PLATFORM}{PLATFORM}"),
            format!(
                "{PLATFORM}{}{}",
                course("https://l.example/1", "a/1"),
                course("https://l.example/1", "a/2")
            ),
            format!(
                "{PLATFORM}{}{}",
                course("https://l.example/1", "a/1"),
                course("https://l.example/2", "a/1")
            ),
        ];
        for text in twice {
            assert!(matches!(open(&text), Err(MappingError::Twice(_))), "{text}");
        }
        for version in ["a", "a/", "/1", "a/1/2"] {
            let text = format!("{PLATFORM}{}", course("https://l.example/1", version));
            assert!(matches!(open(&text), Err(MappingError::Version(_))), "{text}");
        }
        assert!(matches!(open("[[platforms]]"), Err(MappingError::Malformed(_))));
    }
}
