//! Who looks at a page, and in which language.

use crate::desk::Desk;
use crate::language::{Language, Text};
use crate::session::Session;
use crate::stop::Stop;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use creditbank_grpc::proto::{LocalizedText, Method};
use creditbank_grpc::rule;

/// Somebody who is signed in, looking at a page.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) session: Session,
    pub(crate) language: Language,
}

impl Visitor {
    /// The way to the ledger with the visitor's own token.
    pub(crate) fn desk(&self) -> &Desk {
        &self.session.desk
    }

    /// A text of the console in the visitor's language.
    pub(crate) fn say(&self, text: Text) -> &'static str {
        self.language.say(text)
    }

    /// A text of the ledger in the visitor's language.
    pub(crate) fn said<'a>(&self, text: Option<&'a LocalizedText>) -> &'a str {
        self.language.said(text)
    }

    /// Whether the visitor's role may call a method: what cannot be done is not offered. The door decides.
    pub(crate) fn may(&self, method: Method) -> bool {
        rule(method).roles.contains(&self.session.caller.role)
    }

    /// The organisation the visitor acts for.
    ///
    /// # Errors
    /// What the ledger says.
    pub(crate) async fn acts_for(&self) -> Result<String, Stop> {
        self.desk().acts_for(&self.session.caller.organization).await
    }
}

/// The guard looked it up.
impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Stop> {
        parts.extensions.get::<Visitor>().cloned().ok_or(Stop::SignIn)
    }
}

/// A fresh name for a request, made where its form is shown: sent twice, it is recorded once.
pub(crate) fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
