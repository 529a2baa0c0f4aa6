//! Fields of a form: a label to each, what was typed before, and the refusal beside the field it is about.

use crate::form::Form;
use crate::language::{Text, texts};
use crate::refusal;
use crate::stop::Refused;
use crate::visitor::Visitor;
use maud::{Markup, html};

texts! {
    MEND = "沒有辦成：請改正下面標出的欄位。", "没有办成：请改正下面标出的字段。", "That was not done: mend the field marked below.";
    OPTIONAL = "（可不填）", "（可不填）", " (optional)";
}

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Date,
    Month,
    Time,
    Number,
    Lines,
    /// A whole document, as it is written.
    Document,
    File,
}

/// The fields of one form.
pub(crate) struct Fields<'a> {
    pub(crate) visitor: &'a Visitor,
    pub(crate) form: &'a Form,
    pub(crate) refused: Option<&'a Refused>,
}

impl Fields<'_> {
    /// What was refused, above the form; where one of the fields is at fault it says so itself.
    pub(crate) fn refusal(&self, names: &[&str]) -> Markup {
        match self.refused {
            None => html! {},
            Some(refused) if names.contains(&refused.field_name()) => {
                html! { div.refused role="alert" { p { (self.visitor.say(MEND)) } } }
            }
            Some(refused) => refusal::told(refused, self.visitor.language),
        }
    }

    fn at_fault(&self, name: &str) -> Option<&Refused> {
        self.refused.filter(|refused| refused.field_name() == name)
    }

    fn label(&self, name: &str, label: Text, required: bool, input: &Markup) -> Markup {
        html! {
            div.field {
                label for=(name) {
                    (self.visitor.say(label))
                    @if !required { span.optional { (self.visitor.say(OPTIONAL)) } }
                }
                (input)
                @if let Some(refused) = self.at_fault(name) {
                    p.wrong id={ (name) "-wrong" } { (refused.text) }
                }
            }
        }
    }

    /// A field.
    pub(crate) fn field(&self, name: &str, label: Text, kind: Kind, required: bool) -> Markup {
        let wrong = self.at_fault(name).map(|_| format!("{name}-wrong"));
        let invalid = wrong.as_ref().map(|_| "true");
        let value = self.form.get(name);
        let (typed, mode) = match kind {
            Kind::Date => ("date", None),
            Kind::Month => ("month", None),
            Kind::Time => ("time", None),
            Kind::Number => ("text", Some("numeric")),
            Kind::File => ("file", None),
            Kind::Text | Kind::Lines | Kind::Document => ("text", None),
        };
        let input = html! {
            @if matches!(kind, Kind::Lines | Kind::Document) {
                textarea id=(name) name=(name) rows=(if kind == Kind::Document { 24 } else { 12 }) required[required] spellcheck="false"
                    aria-describedby=[wrong] aria-invalid=[invalid] { (value) }
            } @else {
                input id=(name) name=(name) type=(typed) value=(value) required[required] inputmode=[mode]
                    accept=[(kind == Kind::File).then_some(".xlsx,.csv,.txt")]
                    autocomplete="off" aria-describedby=[wrong] aria-invalid=[invalid];
            }
        };
        self.label(name, label, required, &input)
    }

    /// A choice of values, each with what it is called.
    pub(crate) fn choice(&self, name: &str, label: Text, options: &[(String, String)]) -> Markup {
        self.pick(name, label, options, true)
    }

    /// The same where it may be left as it is.
    pub(crate) fn pick(
        &self,
        name: &str,
        label: Text,
        options: &[(String, String)],
        required: bool,
    ) -> Markup {
        let wrong = self.at_fault(name).map(|_| format!("{name}-wrong"));
        let chosen = self.form.get(name);
        let input = html! {
            select id=(name) name=(name) aria-describedby=[wrong] {
                @for (value, called) in options {
                    option value=(value) selected[value == chosen] { (called) }
                }
            }
        };
        self.label(name, label, required, &input)
    }

    /// Fields that go along unseen.
    pub(crate) fn hidden(&self, names: &[&str]) -> Markup {
        html! { @for name in names { input type="hidden" name=(name) value=(self.form.get(name)); } }
    }
}
