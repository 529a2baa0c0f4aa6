//! Online learning platforms: an endpoint for statements of xAPI 1.0.3 (<https://github.com/adlnet/xAPI-Spec>).
//!
//! A platform says that somebody completed an activity; a [`Mapping`] says which version of which registered course the
//! activity is; the entry is posted through the gRPC door with the platform's own token, under the statement's id as its
//! request id. So a statement that comes twice is recorded once, and the table of docs/access.md decides here too.
//!
//! The ledger is no store of statements: of a statement it keeps what is credited (who, which course, the day, the minutes,
//! the mark), and tells it from that again. Whatever cannot be placed is refused in words and nothing is recorded.

mod actor;
mod duration;
mod mapping;
mod placed;
mod platform;
mod post;
mod query;
mod read;
mod reply;
mod statement;
mod told;
mod void;

pub use mapping::{Mapping, MappingError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tonic::transport::Channel;

/// The largest request, in bytes (our own default): 1,000 statements of 4 KB.
const LARGEST: usize = 4 << 20;

/// Requests whose body is read at once (our own default): 64 MiB.
const AT_ONCE: usize = 16;

/// What all requests share.
struct Endpoint {
    /// The gRPC door in this process, without a token.
    door: Channel,
    mapping: Mapping,
    /// Requests whose body is read at once.
    reading: Semaphore,
}

/// The endpoint, at `/xapi/statements` and `/xapi/about`. `door` is the gRPC door, which asks for credentials.
pub fn router(door: Channel, mapping: Mapping) -> Router {
    Router::new()
        .route("/xapi/about", get(read::about))
        .route("/xapi/statements", get(read::statements).put(post::one).post(post::many))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(Arc::new(Endpoint { door, mapping, reading: Semaphore::new(AT_ONCE) }))
}
