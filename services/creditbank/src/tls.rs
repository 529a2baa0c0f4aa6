//! Certificates and keys, read from their files.

use crate::args::{Common, ServerTls};
use crate::failure::Failure;
use std::path::Path;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, Server, ServerTlsConfig};

fn read(flag: &str, file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| unusable(flag, file, &error))
}

fn unusable(flag: &str, file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::refused(
        "FIELD_INVALID",
        format!("{flag} {0} 無法使用。{flag} {0} is of no use: {error}", file.display()),
    )
}

/// A certificate with its chain, and its key, both in PEM.
fn identity((cert_flag, cert): (&str, &Path), (key_flag, key): (&str, &Path)) -> Result<Identity, Failure> {
    let key = zeroize::Zeroizing::new(read(key_flag, key)?);
    Ok(Identity::from_pem(read(cert_flag, cert)?, key.as_slice()))
}

/// What the server shows, and whose certificates it takes; none where it speaks without TLS.
pub(crate) fn server(tls: &ServerTls) -> Result<Option<ServerTlsConfig>, Failure> {
    let (Some(cert), Some(key)) = (&tls.tls_cert, &tls.tls_key) else { return Ok(None) };
    let mut config = ServerTlsConfig::new().identity(identity(("--tls-cert", cert), ("--tls-key", key))?);
    // Tried before anything is served.
    let tried = Server::builder().tls_config(config.clone());
    tried.map_err(|error| unusable("--tls-cert, --tls-key", cert, &causes(&error)))?;
    if let Some(ca) = &tls.client_ca {
        let authority = Certificate::from_pem(read("--client-ca", ca)?);
        // Whoever shows no certificate shows a token.
        config = config.client_ca_root(authority).client_auth_optional(true);
        let tried = Server::builder().tls_config(config.clone());
        tried.map_err(|error| unusable("--client-ca", ca, &causes(&error)))?;
    }
    Ok(Some(config))
}

/// Whom the client trusts, and what it shows.
pub(crate) fn client(common: &Common) -> Result<ClientTlsConfig, Failure> {
    let Some(ca) = &common.tls_ca else {
        return Err(Failure::refused(
            "FIELD_REQUIRED",
            "https:// 須有 --tls-ca 憑證檔。https:// takes --tls-ca FILE: the authority that signed the server's certificate.",
        ));
    };
    let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("--tls-ca", ca)?));
    if let (Some(cert), Some(key)) = (&common.tls_client_cert, &common.tls_client_key) {
        config = config.identity(identity(("--tls-client-cert", cert), ("--tls-client-key", key))?);
    }
    Ok(config)
}

/// An error with what is behind it: the transport's own say nothing else.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
