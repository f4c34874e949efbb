//! From what was set to what the container takes.

#[cfg(feature = "deflate")]
use ws_core::extension::PerMessageDeflate;
use ws_core::handshake::{Origin, OriginPolicy, SubprotocolOrder};
use ws_core::{Budget, EndpointConfig};

use crate::config::{ByteSize, ConfigError, Fields, Listeners, Options, Settings, Side, TooSlow};
#[cfg(feature = "deflate")]
use crate::config::{Level, Window};
use crate::proxies::ProxyHeaders;

/// The settings that flags, environment and file go before.
pub(super) fn defaults() -> Options {
    let Settings {
        limits,
        message_timeout,
        idle_timeout,
        keep_alive,
        pong_timeout,
        close_timeout,
        send_timeout,
        head_timeout,
        handshake_timeout,
        grace,
        drain_spread,
        drain_code,
        ..
    } = Settings::default();
    Options {
        port: Some(8080),
        list: Some(false),
        tls_self_signed: Some(false),
        proxy_headers: Some(Fields::Any),
        proxy_protocol: Some(Listeners::Off),
        reuse_port: Some(false),
        max_text_message: Some(limits.max_text_len.into()),
        max_binary_message: Some(limits.max_binary_len.into()),
        message_timeout: Some(message_timeout.into()),
        message_budget: Some((EndpointConfig::DEFAULT_MESSAGE_BUDGET as u64).into()),
        overflow: Some(TooSlow::Disconnect),
        idle_timeout: Some(idle_timeout.into()),
        keep_alive: Some(keep_alive.into()),
        pong_timeout: Some(pong_timeout.into()),
        close_timeout: Some(close_timeout.into()),
        send_timeout: Some(send_timeout.into()),
        head_timeout: Some(head_timeout.into()),
        handshake_timeout: Some(handshake_timeout.into()),
        grace: Some(grace.into()),
        drain_delay: Some(None.into()),
        drain_spread: Some(Some(drain_spread).into()),
        drain_code: Some(drain_code.into()),
        subprotocol_order: Some(Side::Client),
        verbose: Some(false),
        trace_handshake: Some(false),
        #[cfg(feature = "deflate")]
        deflate: Some(true),
        #[cfg(feature = "deflate")]
        deflate_level: Some(Level(PerMessageDeflate::DEFAULT_LEVEL)),
        #[cfg(feature = "deflate")]
        deflate_threshold: Some((PerMessageDeflate::DEFAULT_THRESHOLD as u64).into()),
        #[cfg(feature = "deflate")]
        deflate_server_window: Some(Window(None)),
        #[cfg(feature = "deflate")]
        deflate_client_window: Some(Window(None)),
        #[cfg(feature = "deflate")]
        deflate_budget: Some((PerMessageDeflate::DEFAULT_BUDGET as u64).into()),
        ..Options::default()
    }
}

fn bytes(size: ByteSize) -> usize {
    usize::try_from(size.0).unwrap_or(usize::MAX)
}

/// The container's settings that `options` hold.
///
/// # Errors
///
/// [`ConfigError`] for an origin that is none.
pub(super) fn settings(options: &Options) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    macro_rules! take {
        ($($name:ident)*) => {$(
            if let Some(value) = options.$name {
                settings.$name = value.0;
            }
        )*};
    }
    take! {
        message_timeout idle_timeout keep_alive pong_timeout close_timeout
        send_timeout head_timeout handshake_timeout grace drain_code
    }
    let limits = &mut settings.limits;
    if let Some(size) = options.max_text_message {
        limits.max_text_len = size.0;
    }
    if let Some(size) = options.max_binary_message {
        limits.max_binary_len = size.0;
    }
    limits.max_frame_len = limits.max_text_len.max(limits.max_binary_len);
    if let Some(size) = options.message_budget {
        settings.message_budget = Budget::new(bytes(size));
    }
    if let Some(what) = options.overflow {
        settings.overflow = what.into();
    }
    if let Some(delay) = options.drain_delay {
        settings.drain_delay = delay.0.unwrap_or_default();
    }
    if let Some(spread) = options.drain_spread {
        settings.drain_spread = spread.0.unwrap_or_default();
    }
    #[cfg(feature = "deflate")]
    {
        settings.deflate = deflate(options);
    }
    settings.origins = origins(&options.allowed_origins)?;
    settings.subprotocol_order = match options.subprotocol_order {
        Some(Side::Server) => SubprotocolOrder::Server,
        Some(Side::Client) | None => SubprotocolOrder::Client,
    };
    settings.trusted_proxies.clone_from(&options.trusted_proxies);
    settings.proxy_headers = match options.proxy_headers {
        Some(Fields::Forwarded) => ProxyHeaders::Forwarded,
        Some(Fields::XForwarded) => ProxyHeaders::XForwarded,
        Some(Fields::Any) | None => ProxyHeaders::Any,
    };
    Ok(settings)
}

/// The compression that `options` ask for.
#[cfg(feature = "deflate")]
fn deflate(options: &Options) -> Option<PerMessageDeflate> {
    if options.deflate == Some(false) {
        return None;
    }
    let mut deflate = PerMessageDeflate::default();
    if let Some(Level(level)) = options.deflate_level {
        deflate = deflate.level(level);
    }
    if let Some(size) = options.deflate_threshold {
        deflate = deflate.threshold(bytes(size));
    }
    if let Some(Window(Some(window))) = options.deflate_server_window {
        deflate = deflate.server_context_takeover(window);
    }
    if let Some(Window(Some(window))) = options.deflate_client_window {
        deflate = deflate.client_context_takeover(window);
    }
    if let Some(size) = options.deflate_budget {
        deflate = deflate.budget(Budget::new(bytes(size)));
    }
    Some(deflate)
}

/// The server's own origin, and those of `allowed`.
fn origins(allowed: &[String]) -> Result<OriginPolicy, ConfigError> {
    if allowed.is_empty() {
        return Ok(OriginPolicy::Same);
    }
    if allowed.iter().any(|origin| origin == "*") {
        return Ok(OriginPolicy::Any);
    }
    let parse = |text: &String| text.parse().map_err(|_| ConfigError::Origin(text.clone()));
    Ok(OriginPolicy::SameOrList(allowed.iter().map(parse).collect::<Result<Vec<Origin>, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_origins_add_to_the_servers_own() {
        let of = |allowed: &[&str]| {
            origins(&allowed.iter().map(|&it| it.to_owned()).collect::<Vec<_>>())
        };
        assert!(matches!(of(&[]), Ok(OriginPolicy::Same)));
        assert!(matches!(of(&["https://a.example", "*"]), Ok(OriginPolicy::Any)));
        let Ok(OriginPolicy::SameOrList(list)) = of(&["https://a.example"]) else { panic!() };
        assert_eq!(list, ["https://a.example".parse().unwrap()]);
        assert!(
            matches!(of(&["a.example"]), Err(ConfigError::Origin(text)) if text == "a.example")
        );
    }
}
