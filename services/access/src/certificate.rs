//! Certificates of clients. One names its credential by a URI among its alternative names (RFC 5280 §4.2.1.6),
//! `creditbank://{ledger}/{organization}/{credential}`, the organisation `-` where its scope is none.

use crate::presented::organization_of;
use crate::{Presented, Shown};
use ledger_core::access::CredentialIssued;
use ledger_core::id::{CredentialId, LedgerId, OrganizationId};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

const SCHEME: &str = "creditbank://";

/// Stands for no organisation: no id begins with a hyphen.
const NONE: &str = "-";

/// The URI that a certificate of a credential must carry.
#[must_use]
pub fn certificate_uri(ledger: &LedgerId, issued: &CredentialIssued) -> String {
    let organization = organization_of(&issued.scope).map_or(NONE, OrganizationId::as_str);
    format!("{SCHEME}{ledger}/{organization}/{}", issued.credential)
}

impl Presented {
    /// A certificate in DER, if it names exactly one credential. That an authority of ours signed it was seen to at the
    /// handshake.
    #[must_use]
    pub fn certificate(der: &[u8]) -> Option<Presented> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let names = &certificate.subject_alternative_name().ok()??.value.general_names;
        let mut uris = names.iter().filter_map(|name| match name {
            GeneralName::URI(uri) => uri.strip_prefix(SCHEME),
            _ => None,
        });
        let (Some(uri), None) = (uris.next(), uris.next()) else { return None };
        let mut parts = uri.split('/');
        let (ledger, organization, credential) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let organization = match organization {
            NONE => None,
            id => Some(OrganizationId::parse(id).ok()?),
        };
        Some(Presented {
            ledger: LedgerId::parse(ledger).ok()?,
            credential: CredentialId::parse(credential).ok()?,
            shown: Shown::Certificate(organization),
            until: chrono::DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0),
        })
    }
}
