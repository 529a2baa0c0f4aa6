//! Who sends statements: a platform, by HTTP basic authentication with its token as the password.

use crate::Endpoint;
use crate::mapping::Platform;
use crate::reply::{Refused, VERSION, VERSION_HEADER};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use creditbank_grpc::proto::access_service_client::AccessServiceClient;
use creditbank_grpc::proto::ledger_service_client::LedgerServiceClient;
use creditbank_grpc::proto::registry_service_client::RegistryServiceClient;
use creditbank_grpc::{Bearer, Credentialed, proto};
use std::sync::Arc;

/// The way to the ledger as one platform.
#[derive(Clone)]
pub(crate) struct Caller {
    way: Credentialed,
    /// `ledgers/{ledger}`.
    pub(crate) ledger: String,
    pub(crate) platform: Arc<Platform>,
}

impl Caller {
    /// Who asks.
    ///
    /// # Errors
    /// Another version of xAPI than 1.0, no or a wrong credential, or one of no platform.
    pub(crate) async fn of(endpoint: &Endpoint, headers: &HeaderMap) -> Result<Caller, Refused> {
        // Whoever shows nothing, or no token, is refused by the door as anybody with a wrong one is.
        let bearer = token(headers).and_then(|token| Bearer::of(&token).ok()).unwrap_or_default();
        let way = bearer.on(endpoint.door.clone());
        let mut access = AccessServiceClient::new(way.clone());
        let credential = access.get_caller(proto::GetCallerRequest {}).await?.into_inner().credential;
        check_version(headers)?;
        let credential = credential.unwrap_or_default();
        let ledger = credential.name.split("/credentials/").next().unwrap_or_default();
        let id = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        let platform = endpoint.mapping.platform(&id(ledger), &id(&credential.organization))?;
        Ok(Caller { way, ledger: ledger.to_owned(), platform })
    }

    pub(crate) fn entries(&self) -> LedgerServiceClient<Credentialed> {
        // A page of 1,000 entries.
        LedgerServiceClient::new(self.way.clone()).max_decoding_message_size(16 << 20)
    }

    pub(crate) fn registry(&self) -> RegistryServiceClient<Credentialed> {
        RegistryServiceClient::new(self.way.clone())
    }

    /// The organisation that posts, as a resource name.
    pub(crate) fn organization(&self) -> String {
        format!("{}/organizations/{}", self.ledger, self.platform.organization)
    }

    /// The zone of the ledger's dates.
    pub(crate) async fn zone(&self) -> Result<chrono_tz::Tz, Refused> {
        let request = proto::GetLedgerRequest { name: self.ledger.clone() };
        let answer = self.registry().get_ledger(request).await?;
        let zone = answer.into_inner().ledger.unwrap_or_default().time_zone;
        zone.parse().map_err(|_| Refused::of(StatusCode::INTERNAL_SERVER_ERROR, "TIME_ZONE", zone))
    }

    /// What an earlier request of this platform recorded; none where it recorded nothing.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<proto::FindEntriesResponse>, Refused> {
        let request = proto::FindEntriesRequest {
            parent: self.ledger.clone(),
            organization: self.organization(),
            request_id: id.to_owned(),
            min_position: 0,
        };
        match self.entries().find_entries(request).await {
            Ok(found) => Ok(Some(found.into_inner())),
            Err(status) if status.code() == tonic::Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }
}

/// The password of the basic authentication; the name before it is the platform's own affair.
fn token(headers: &HeaderMap) -> Option<String> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(shown), None) = (shown.next(), shown.next()) else { return None };
    let (scheme, pair) = shown.to_str().ok()?.split_once(' ')?;
    let pair = String::from_utf8(STANDARD.decode(pair.trim()).ok()?).ok()?;
    let (_, token) = pair.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| token.to_owned())
}

/// Any 1.0 is taken (xAPI 1.0.3, Communication 3.3).
fn check_version(headers: &HeaderMap) -> Result<(), Refused> {
    let said = headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if said == "1.0" || said.starts_with("1.0.") {
        return Ok(());
    }
    Err(Refused::bad(
        VERSION_HEADER.as_str(),
        "XAPI_VERSION",
        format!("請在 X-Experience-API-Version 填 {VERSION}。Say X-Experience-API-Version: {VERSION}."),
    ))
}
