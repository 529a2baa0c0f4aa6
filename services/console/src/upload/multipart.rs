//! A form with a file in it. The file goes into one without a name as it comes in, so that it is never in memory as a whole, and
//! is gone when the program ends, whichever way.

use crate::form::{Form, LARGEST_FORM, is_of};
use crate::stop::Stop;
use crate::visitor::Visitor;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use creditbank_grpc::proto::Method;
use multer::{Constraints, Field, Multipart, SizeLimit};
use std::fs::File;
use std::io::Write;
use tokio::sync::Semaphore;

/// Bytes of a file (our own default): some 400,000 rows of CSV; a workbook of 50,000 rows has 3 MiB.
pub(crate) const LARGEST_FILE: u64 = 32 << 20;
/// Of a file that is too large so much more is still taken, and thrown away, so that the browser hears why (our own default).
const DRAINED: u64 = 2 * LARGEST_FILE;
/// Parts of a form with a file (our own default): it has five fields.
const PARTS: usize = 8;
/// Forms with files that come in at once (our own default).
const AT_ONCE: usize = 8;

static COMING: Semaphore = Semaphore::const_new(AT_ONCE);
/// Characters of a file's name that are kept.
const NAME: usize = 80;

/// A file that came with a form.
pub(crate) struct Sent {
    /// What it is called there.
    pub(crate) name: String,
    pub(crate) file: File,
    pub(crate) bytes: u64,
}

/// A form with a file, from a page of the sender's own session.
pub(crate) struct Received {
    pub(crate) visitor: Visitor,
    pub(crate) form: Form,
    pub(crate) file: Option<Sent>,
}

impl<S: Send + Sync> FromRequest<S> for Received {
    type Rejection = Stop;

    async fn from_request(request: Request, _: &S) -> Result<Received, Stop> {
        let visitor = request.extensions().get::<Visitor>().cloned().ok_or(Stop::SignIn)?;
        if !visitor.may(Method::LedgerBatchPostEntries) {
            return Err(Stop::NoPage);
        }
        let _room = COMING.try_acquire().map_err(|_| Stop::Busy)?;
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(|_| Stop::Forged)?;
        let all = SizeLimit::new().whole_stream(DRAINED + 2 * LARGEST_FORM as u64);
        let body = request.into_body().into_data_stream();
        let mut parts = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(all));
        let mut seen = 0;
        let (mut fields, mut file, mut taken) = (Vec::new(), None, 0);
        while let Some(part) = parts.next_field().await.map_err(|_| Stop::Torn)? {
            let name = part.name().unwrap_or_default().to_owned();
            seen += 1;
            if seen > PARTS || (name == "file" && file.is_some()) {
                return Err(Stop::Forged);
            }
            if name == "file" {
                // The number of the session stands before it: nothing of anybody else is kept.
                if !is_of(&Form::from(fields.clone()), &visitor.session) {
                    return Err(Stop::Forged);
                }
                file = take(part).await?;
            } else {
                let value = text(part, LARGEST_FORM - taken).await?;
                taken += value.len();
                fields.push((name, value));
            }
        }
        let form = Form::from(fields);
        if !is_of(&form, &visitor.session) {
            return Err(Stop::Forged);
        }
        Ok(Received { visitor, form, file })
    }
}

async fn text(mut part: Field<'_>, most: usize) -> Result<String, Stop> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|_| Stop::Torn)? {
        if bytes.len() + chunk.len() > most {
            return Err(Stop::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The file; none where the browser sends the field of a form in which none was chosen.
async fn take(mut part: Field<'_>) -> Result<Option<Sent>, Stop> {
    let name = file_name(part.file_name().unwrap_or_default());
    let mut file = tempfile::tempfile().map_err(Stop::no_room)?;
    let mut bytes = 0;
    while let Some(chunk) = part.chunk().await.map_err(|_| Stop::Torn)? {
        bytes += chunk.len() as u64;
        if bytes > DRAINED {
            return Err(Stop::LargeFile);
        }
        if bytes <= LARGEST_FILE {
            file.write_all(&chunk).map_err(Stop::no_room)?;
        }
    }
    if bytes > LARGEST_FILE {
        return Err(Stop::LargeFile);
    }
    let chosen = !name.is_empty() || bytes > 0;
    Ok(chosen.then_some(Sent { name, file, bytes }))
}

/// The name alone, without its folders and without what would break a line.
fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(NAME).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_name_nothing_is_kept_but_the_name() {
        assert_eq!(file_name("C:\\名冊\\五月.xlsx"), "五月.xlsx");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("a\r\nb"), "ab");
        assert_eq!(file_name(&"長".repeat(200)).chars().count(), NAME);
    }
}
