//! What endpoints get that ask for nothing.

use std::sync::Arc;

use ws_core::extension::Extension;
use ws_core::{EndpointConfig, ServerConfigurator, ServerEndpointConfig};

use crate::config::Settings;

/// What a container gives its endpoints.
#[derive(Clone, Default)]
pub(crate) struct Defaults {
    pub(crate) settings: Settings,
    /// Decides for endpoints without a configurator.
    pub(crate) configurator: Option<Arc<dyn ServerConfigurator>>,
    /// Extensions besides those of the settings.
    pub(crate) extensions: Vec<Arc<dyn Extension>>,
    /// What comes before every path: nothing, or `/` and some segments.
    pub(crate) root: String,
}

impl Defaults {
    /// What clients may agree on, for all endpoints.
    pub(crate) fn installed(&self) -> Arc<[Arc<dyn Extension>]> {
        self.compression().into_iter().chain(self.extensions.iter().cloned()).collect()
    }

    #[cfg(feature = "deflate")]
    fn compression(&self) -> Vec<Arc<dyn Extension>> {
        let Some(deflate) = self.settings.deflate.clone() else { return Vec::new() };
        vec![
            Arc::new(deflate),
            #[cfg(feature = "legacy-deflate-frame")]
            Arc::new(ws_core::extension::DeflateFrame::WEBKIT),
            #[cfg(feature = "legacy-deflate-frame")]
            Arc::new(ws_core::extension::DeflateFrame::DRAFT),
        ]
    }

    #[cfg(not(feature = "deflate"))]
    #[expect(clippy::unused_self, reason = "with compression it is used")]
    fn compression(&self) -> Vec<Arc<dyn Extension>> {
        Vec::new()
    }

    /// The container's settings, and over them what the endpoint asks for itself.
    pub(super) fn endpoint_config(&self, endpoint: &ServerEndpointConfig) -> EndpointConfig {
        let settings = &self.settings;
        let mut config = EndpointConfig::new(endpoint.path());
        let handlers = endpoint.handlers();
        config.limits = settings.limits;
        let own = [
            (&mut config.limits.max_text_len, handlers.max_text_len),
            (&mut config.limits.max_binary_len, handlers.max_binary_len),
            (&mut config.limits.max_frame_len, handlers.max_frame_len),
        ];
        own.into_iter().for_each(|(limit, own)| *limit = own.unwrap_or(*limit));
        if let Some(limits) = endpoint.limits() {
            config.limits = *limits;
        }
        config.idle_timeout = endpoint.idle_timeout().or(settings.idle_timeout);
        config.keep_alive = settings.keep_alive;
        config.pong_timeout = settings.pong_timeout;
        config.message_timeout = settings.message_timeout;
        config.message_budget = settings.message_budget.clone();
        config.overflow = endpoint.overflow().unwrap_or(settings.overflow);
        config.close_timeout = settings.close_timeout;
        config.send_timeout = settings.send_timeout;
        config
    }
}

impl std::fmt::Debug for Defaults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Defaults").field("root", &self.root).finish_non_exhaustive()
    }
}
