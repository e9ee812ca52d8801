//! Where the public finds the register: what a QR carries must be whole, with scheme and host.

use actix_web::{HttpRequest, web::Data};

use crate::config::ServerSettings;

/// The address that was set, if one was.
pub struct PublicAddress(Option<String>);

impl PublicAddress {
    /// By the settings.
    pub fn new(settings: &ServerSettings) -> Self {
        Self(settings.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()))
    }
}

/// Scheme and host of the register: as configured, else as this request names them.
pub fn public_base(request: &HttpRequest) -> String {
    let configured = request.app_data::<Data<PublicAddress>>().and_then(|address| address.0.clone());
    configured.unwrap_or_else(|| {
        let connection = request.connection_info();
        format!("{}://{}", connection.scheme(), connection.host())
    })
}
