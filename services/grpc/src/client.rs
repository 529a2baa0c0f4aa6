//! What a client in Rust needs besides the generated code.

use tonic::metadata::errors::InvalidMetadataValue;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A channel whose calls carry a credential, where there is one.
pub type Credentialed = InterceptedService<Channel, Bearer>;

/// Shows a token with every call.
#[derive(Clone, Default)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Bearer {
    /// Of a token.
    ///
    /// # Errors
    /// Where the text cannot be sent in a header.
    pub fn of(token: &str) -> Result<Bearer, InvalidMetadataValue> {
        let mut header: MetadataValue<Ascii> = format!("Bearer {token}").parse()?;
        // It is neither printed nor kept in tables of headers.
        header.set_sensitive(true);
        Ok(Bearer(Some(header)))
    }

    /// A channel whose calls carry it.
    #[must_use]
    pub fn on(self, channel: Channel) -> Credentialed {
        InterceptedService::new(channel, self)
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.0 {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}
