//! The console: pages for clerks, officers, approvers and auditors, drawn on the server, without scripts.
//!
//! Whatever a page shows it asks of the gRPC door, in this process and with the token of whoever is signed in, so that the
//! table of docs/access.md decides here too. The console keeps who is signed in, the
//! spreadsheets that are being worked on, and what columns of earlier ones meant.

mod account;
mod approval;
mod audit;
mod badge;
mod bar;
mod class_list;
mod course;
mod desk;
mod download;
mod entry;
mod field;
mod form;
mod guard;
mod home;
mod indicators;
mod issuer;
mod job;
mod language;
mod line;
mod months;
mod notice;
mod organizations;
mod origin;
mod out;
mod overview;
mod page;
mod paper;
mod policy;
mod public;
mod refusal;
mod selection;
mod session;
mod sign_in;
mod step;
mod stop;
mod upload;
mod verification;
mod visitor;
mod words;
mod year;

pub use account::STANDARD;
pub use creditbank_print::Language as PaperLanguage;
pub use origin::{NoOrigin, Origins};
pub use paper::{NoPaper, Paper, Press, Subject, Yard};
pub use public::public;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use creditbank_posting::Undone;
use job::Jobs;
use line::Line;
use session::Sessions;
use std::path::Path;
use std::sync::Arc;
use stop::Stop;
use tonic::transport::Channel;
use upload::{Remembered, Uploads};
use verification::Verified;

/// What all pages share.
struct Console {
    /// The gRPC door in this process, without a token.
    door: Channel,
    sessions: Sessions,
    origins: Origins,
    uploads: Arc<Uploads>,
    undoings: Jobs<Undone>,
    verifications: Jobs<Verified>,
    /// Work beside the pages.
    line: Arc<Line>,
}

/// The pages. `door` is the gRPC door, which asks for credentials; `origins` are the names the console answers to; `remembered`
/// is the file that keeps what columns of uploaded sheets mean, none where it need not outlive the program.
///
/// # Errors
/// Where that file cannot be read.
pub fn router(door: Channel, origins: Origins, remembered: Option<&Path>) -> std::io::Result<Router> {
    let uploads = Uploads::new(Remembered::open(remembered)?);
    let console = Arc::new(Console {
        door,
        sessions: Sessions::default(),
        origins,
        uploads,
        undoings: Jobs::default(),
        verifications: Jobs::default(),
        line: Arc::default(),
    });
    let router = Router::new()
        .route("/", get(home::page))
        .route("/console.css", get(style))
        .route("/language/{tag}", get(sign_in::language))
        .route("/sign-in", get(sign_in::form).post(sign_in::enter))
        .route("/sign-out", axum::routing::post(sign_in::leave))
        .route("/search", get(account::search))
        .route("/residents/{id}", get(account::resident))
        .route("/residents/{id}/reads", get(account::reads))
        .route("/households/{id}", get(account::household))
        .route("/organizations/{id}", get(account::organization))
        .route("/ledgers/{ledger}", get(issuer::page).post(issuer::check))
        .route("/entries/{position}/{file}", get(badge::of_entry))
        .route("/{collection}/{id}/badges/{file}", get(badge::of_account))
        .route("/households/{id}/titles/{selection}/{file}", get(badge::of_title))
        .route("/{collection}/{id}/why", get(account::why))
        .route("/{collection}/{id}/statement", get(account::statement))
        .route("/{collection}/{id}/score", get(account::score))
        .route("/{collection}/{id}/statement.pdf", get(paper::statement))
        .route("/{collection}/{id}/score.pdf", get(paper::score))
        .route("/selections/{id}/awards.pdf", get(paper::awards))
        .route("/months/{period}/report.pdf", get(paper::report))
        .route("/verify", get(paper::verify))
        .route("/class-list/sign-in", get(paper::sign_in_form).post(paper::sign_in_print))
        .route("/organizations", get(organizations::page))
        .route("/overview", get(overview::page))
        .route("/indicators", get(indicators::list))
        .route("/indicators/{id}", get(indicators::one))
        .route("/class-list", get(class_list::form).post(class_list::posted))
        .route("/uploads", get(upload::list).post(upload::receive))
        .route("/uploads/template.xlsx", get(upload::template))
        .route("/uploads/{id}", get(upload::one).post(upload::step))
        .route("/uploads/{id}/{file}", get(upload::result))
        .route("/entries", get(entry::latest))
        .route("/entries/{position}", get(entry::one).post(entry::reverse))
        .route("/batches", get(entry::batches))
        .route("/batches/{organization}/{batch}", get(entry::batch).post(entry::reverse_batch))
        .route("/approvals", get(approval::page))
        .route("/courses", get(course::page))
        .route("/courses/{course}/{version}/approve", get(course::approve).post(course::approved))
        .route("/corrections/new", get(approval::propose).post(approval::proposed))
        .route("/policies", get(policy::page).post(policy::posted))
        .route("/corrections/{position}", get(approval::correction).post(approval::settle_correction))
        .route("/policies/{id}/{version}", get(approval::policy).post(approval::publish_policy))
        .route("/standards/{id}/{version}", get(approval::standard).post(approval::publish_standard))
        .route("/months", get(months::page).post(months::close))
        .route("/selections", get(selection::list))
        .route("/selections/open", get(selection::open).post(selection::opened))
        .route("/selections/{id}", get(selection::one))
        .route("/selections/{id}/applications", get(selection::applications))
        .route("/selections/{id}/applications/{collection}/{account}", get(selection::application))
        .route(
            "/selections/{id}/applications/{collection}/{account}/{step}",
            get(selection::application_step).post(selection::application_taken),
        )
        .route(
            "/selections/{id}/objections/{number}/{step}",
            get(selection::objection_step).post(selection::objection_taken),
        )
        .route("/selections/{id}/{step}", get(selection::step).post(selection::taken))
        .route("/notices/{ledger}/{selection}", get(notice::page))
        .route("/applications", get(selection::find))
        .route("/ranking", get(selection::ranking))
        .route("/audit", get(audit::acts))
        .route("/audit/events", get(audit::events))
        .route("/audit/verification", get(verification::page).post(verification::posted))
        .fallback(async || Stop::NoPage)
        .layer(DefaultBodyLimit::max(form::LARGEST_FORM))
        .layer(from_fn(out::give))
        .layer(from_fn_with_state(Arc::clone(&console), guard::stand))
        .with_state(console);
    Ok(router)
}

/// The one style sheet, compiled in.
async fn style() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../assets/console.css"))
}
