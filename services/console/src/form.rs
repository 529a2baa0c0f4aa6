//! What a browser sends: the fields of an address or of a form.

use crate::session::Session;
use crate::stop::Stop;
use crate::visitor::Visitor;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use std::convert::Infallible;
use subtle::ConstantTimeEq;

/// The field that shows that a form was made for this session.
pub(crate) const CSRF: &str = "csrf";

/// Bytes of a form (our own default): a class list of 1,000 ids of 63 characters takes 70 kB.
pub(crate) const LARGEST_FORM: usize = 256 << 10;

/// The most that lists of the ledger tell at once.
const MOST_AT_ONCE: u32 = 1_000;

/// Fields by name, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Parses `application/x-www-form-urlencoded`.
    pub(crate) fn parse(bytes: &[u8]) -> Form {
        Form(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// A form of fields that were read otherwise.
    pub(crate) fn from(fields: Vec<(String, String)>) -> Form {
        Form(fields)
    }

    /// A form that shows these values.
    pub(crate) fn of(fields: &[(&str, &str)]) -> Form {
        Form(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// How many of a list are shown on a page; of one that is given out as a file as many as are told at once.
    pub(crate) fn page_size(&self, shown: u32) -> u32 {
        if self.get(crate::out::AS).is_empty() { shown } else { MOST_AT_ONCE }
    }

    /// The value of a field, without the white space around it; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }
}

/// The fields of the address.
impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Form, Infallible> {
        Ok(Form::parse(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

/// A form that somebody who is signed in sent, from a page of their own session.
pub(crate) struct Posted {
    pub(crate) visitor: Visitor,
    pub(crate) form: Form,
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Stop;

    async fn from_request(request: Request, state: &S) -> Result<Posted, Stop> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        let form = read(Request::from_parts(parts, body), state).await?;
        if !is_of(&form, &visitor.session) {
            return Err(Stop::Forged);
        }
        Ok(Posted { visitor, form })
    }
}

/// Reads a form, whoever sent it.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Form, Stop> {
    let bytes = Bytes::from_request(request, state).await.map_err(|_| Stop::TooLarge)?;
    Ok(Form::parse(&bytes))
}

pub(crate) fn is_of(form: &Form, session: &Session) -> bool {
    same(form.get(CSRF), &session.csrf)
}

/// Whether two secrets are the same; it takes as long either way.
pub(crate) fn same(one: &str, other: &str) -> bool {
    !other.is_empty() && bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

/// An address with fields.
pub(crate) fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
