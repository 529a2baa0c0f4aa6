//! The gatekeeper stands before every service: it asks for a credential and whether its role may call the method, before
//! a byte of the message is looked at.

use super::{Caller, Effect, rule};
use crate::proto::Method;
use crate::status::status;
use creditbank_access::{Gate, Presented, invalid};
use ledger_core::{Reason, Refusal};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Extensions, HeaderMap, HeaderValue, Request, Response, header};
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tower::{Layer, Service};

/// Who may come in.
#[derive(Clone)]
pub enum Access {
    /// Whoever reaches the door owns the database: for the program's own command line, in its own process.
    Owner,
    /// Holders of credentials.
    Credentials(Arc<Gate>),
}

/// Asks everyone who comes.
#[derive(Clone)]
pub(crate) struct Gatekeeper {
    pub(crate) access: Access,
}

impl<S> Layer<S> for Gatekeeper {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, access: self.access.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    access: Access,
}

/// What answers a stranger: health, and reflection where it is switched on.
const OPEN_TO_ALL: [&str; 2] = ["/grpc.health.v1.", "/grpc.reflection."];

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let waiting = self.inner.clone();
        // The one that is ready serves this call.
        let mut inner = std::mem::replace(&mut self.inner, waiting);
        let gate = match &self.access {
            Access::Owner => {
                request.extensions_mut().insert(Caller::Owner);
                return Box::pin(inner.call(request));
            }
            Access::Credentials(_) if is_open(request.uri().path()) => return Box::pin(inner.call(request)),
            Access::Credentials(gate) => Arc::clone(gate),
        };
        Box::pin(async move {
            let path = request.uri().path();
            let shown = presented(&gate, request.headers(), request.extensions());
            let admitted = match shown {
                Err(refusal) if refusal.reason() == Reason::CredentialMissing && is_shown(path) => {
                    gate.admit_stranger().map(|()| Caller::Stranger).map_err(status)
                }
                shown => caller(gate, path, shown).await,
            };
            match admitted {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(refused) => Ok(refused.into_http()),
            }
        })
    }
}

/// Whether a method tells whoever asks.
fn is_shown(path: &str) -> bool {
    Method::of(path).is_some_and(|method| rule(method).effect == Effect::Shows)
}

fn is_open(path: &str) -> bool {
    OPEN_TO_ALL.iter().any(|open| path.starts_with(open))
}

/// Who calls the method of a path.
async fn caller(
    gate: Arc<Gate>,
    path: &str,
    presented: Result<Presented, Refusal>,
) -> Result<Caller, Status> {
    let presented = presented.map_err(status)?;
    let principal = gate.admit(&presented).await.map_err(status)?;
    // A path that is no method of ours is answered by whoever knows it, as UNIMPLEMENTED.
    if let Some(method) = Method::of(path)
        && !rule(method).roles.contains(&principal.role)
    {
        return Err(status(denied(principal.role)));
    }
    Ok(Caller::Holder { principal, presented: Arc::new(presented), gate })
}

/// A role may not do this.
pub(super) fn denied(role: ledger_core::access::Role) -> Refusal {
    Refusal::new(
        Reason::RoleDenied,
        format!(
            "「{}」的憑證不能辦這件事，請由有權的人辦理。\
             A credential of the role {role} may not do this: ask somebody who may.",
            role.hant()
        ),
    )
    .with("role", role)
}

/// What a call shows: the token of its headers; where there is none, the certificate of its connection.
fn presented(gate: &Gate, headers: &HeaderMap, connection: &Extensions) -> Result<Presented, Refusal> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    match (shown.next(), shown.next()) {
        (Some(value), None) => bearer(gate, value),
        (Some(_), Some(_)) => Err(invalid()),
        (None, _) => {
            let certificate = certificate(connection).ok_or_else(missing)?;
            Presented::certificate(&certificate).ok_or_else(invalid)
        }
    }
}

/// The client's own certificate, which was verified at the handshake.
fn certificate(connection: &Extensions) -> Option<impl Deref<Target = [u8]>> {
    let chain = connection.get::<TlsConnectInfo<TcpConnectInfo>>()?.peer_certs()?;
    chain.first().cloned()
}

fn bearer(gate: &Gate, value: &HeaderValue) -> Result<Presented, Refusal> {
    let text = value.to_str().map_err(|_| invalid())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(invalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid());
    }
    gate.bearer(token)
}

pub(super) fn missing() -> Refusal {
    Refusal::new(
        Reason::CredentialMissing,
        "請附上憑證：authorization: Bearer 憑證，或用戶端憑證。\
         The call carries no credential: send it as `authorization: Bearer TOKEN`, or show a client's certificate.",
    )
}
