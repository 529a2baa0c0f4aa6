//! A step that somebody takes: a page of its own with the form that it asks for, under a request id made there, so that it
//! is taken once however often the form is sent.

use crate::field::{Fields, Kind};
use crate::form::Form;
use crate::language::Text;
use crate::page::{Page, token};
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

/// What a field of a step asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    /// Something typed.
    Typed(Kind),
    /// The same, and it may be left empty.
    Optional(Kind),
    /// Yes or no, yes first.
    YesNo,
    /// One of some codes.
    Choice(&'static [(&'static str, Text)]),
}

/// A step; `A` tells which of several it is, where one page takes several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<A: 'static = ()> {
    pub(crate) act: A,
    /// The last part of its address.
    pub(crate) code: &'static str,
    pub(crate) name: Text,
    /// What it does, and what comes after.
    pub(crate) purpose: Text,
    /// The method without which it is not offered.
    pub(crate) needs: Method,
    /// Name, label and kind of what it asks, in order.
    pub(crate) asks: &'static [(&'static str, Text, Ask)],
}

/// The field of the organisation that acts.
pub(crate) const ORGANIZATION: (&str, Text, Ask) =
    ("organization", words::ORGANIZATION, Ask::Typed(Kind::Text));

/// The step of a code.
///
/// # Errors
/// Where there is none.
pub(crate) fn find<A>(steps: &[&'static Step<A>], code: &str) -> Result<&'static Step<A>, Stop> {
    steps.iter().find(|step| step.code == code).copied().ok_or(Stop::NoPage)
}

impl<A> Step<A> {
    /// Links to those of some steps that the visitor may take; nothing where there are none.
    pub(crate) fn links<'a>(
        visitor: &Visitor,
        heading: Text,
        at: &str,
        steps: impl IntoIterator<Item = &'a Step<A>>,
    ) -> Markup {
        let steps: Vec<&Step<A>> = steps.into_iter().filter(|step| visitor.may(step.needs)).collect();
        html! {
            @if !steps.is_empty() {
                h2 { (visitor.say(heading)) }
                ul.steps {
                    @for step in steps {
                        li { a href={ (at) "/" (step.code) } { (visitor.say(step.name)) } }
                    }
                }
            }
        }
    }

    /// The page of the step: what it is about, then its form. Hidden fields hold what was shown, such as a digest.
    pub(crate) fn page(
        &self,
        visitor: &Visitor,
        at: &str,
        about: &Markup,
        hidden: &[(&str, &str)],
        typed: Typed<'_>,
    ) -> Page {
        let Typed { form, refused, position } = typed;
        let names: Vec<&str> = self.asks.iter().map(|(name, _, _)| *name).collect();
        let fields = Fields { visitor, form, refused };
        let kept = form.get("request_id");
        let request_id = if kept.is_empty() { request_id() } else { kept.to_owned() };
        let answers = [(true, words::YES), (false, words::NO)];
        let answers = answers.map(|(value, name)| (value.to_string(), visitor.say(name).to_owned()));
        let body = html! {
            (about)
            (fields.refusal(&names))
            form method="post" action={ (at) "/" (self.code) } {
                (token(visitor))
                input type="hidden" name="request_id" value=(request_id);
                @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
                @for (name, label, ask) in self.asks {
                    @match ask {
                        Ask::Typed(kind) => (fields.field(name, *label, *kind, true)),
                        Ask::Optional(kind) => (fields.field(name, *label, *kind, false)),
                        Ask::YesNo => (fields.choice(name, *label, &answers)),
                        Ask::Choice(codes) => (fields.choice(name, *label, &called(visitor, codes))),
                    }
                }
                button type="submit" { (visitor.say(self.name)) }
            }
        };
        let page = Page::new(visitor.say(self.name), visitor.say(self.purpose), position, body);
        match refused {
            Some(refused) => page.with(refused.status()),
            None => page,
        }
    }
}

/// Codes, each with what it is called.
fn called(visitor: &Visitor, codes: &[(&str, Text)]) -> Vec<(String, String)> {
    codes.iter().map(|(code, name)| ((*code).to_owned(), visitor.say(*name).to_owned())).collect()
}

/// What is typed into a step's form, what was refused of it, and the position that the page is true at.
#[derive(Clone, Copy)]
pub(crate) struct Typed<'a> {
    pub(crate) form: &'a Form,
    pub(crate) refused: Option<&'a Refused>,
    pub(crate) position: u64,
}

/// Goes back to where a step led from, or shows its page again with what was refused.
pub(crate) async fn taken<S>(
    outcome: Result<(), Stop>,
    back: &str,
    again: impl FnOnce(Refused) -> S,
) -> Result<Response, Stop>
where
    S: Future<Output = Result<Page, Stop>>,
{
    match outcome {
        Ok(()) => Ok(Redirect::to(back).into_response()),
        Err(Stop::Refused(refused)) if !refused.signs_out() => Ok(again(refused).await?.into_response()),
        Err(stop) => Err(stop),
    }
}
