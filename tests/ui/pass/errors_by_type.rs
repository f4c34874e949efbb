#![deny(warnings)]
//! Several `#[on_error]`: the one whose error lies nearest takes it.

use std::num::ParseIntError;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::{fmt, io};

use ws_container::endpoint::{Context, Endpoint};
use ws_container::prelude::*;
use ws_container::{Deployed, Hub, Request};

#[derive(Debug)]
pub struct OutOfStock(pub ParseIntError);

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of stock")
    }
}

impl std::error::Error for OutOfStock {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[server_endpoint("/shop/{id}")]
#[derive(Default)]
pub struct Shop {
    took: &'static str,
}

#[handlers]
impl Shop {
    #[on_error]
    async fn other(&mut self, _: &Session, _: &Error) {
        self.took = "other";
    }

    #[on_error]
    fn number(&mut self, error: &ParseIntError, #[path_param] id: u32) -> Result<()> {
        assert_eq!((error.to_string(), id), ("invalid digit found in string".to_owned(), 7));
        self.took = "number";
        Ok(())
    }

    #[on_error]
    fn stock(&mut self, stock: &OutOfStock, all: &ws_container::Error) {
        assert!(all.find::<OutOfStock>().is_some() && stock.to_string() == "out of stock");
        self.took = "stock";
    }

    #[cfg(any())]
    #[on_error]
    fn never(&mut self, _: &Gone) {}

    #[on_error]
    fn transport(&mut self, _: &io::Error) {
        self.took = "transport";
    }
}

/// Takes one type alone.
#[server_endpoint("/parse")]
#[derive(Default)]
pub struct Parse {
    took: bool,
}

#[handlers]
impl Parse {
    #[on_error]
    fn number(&mut self, _: &ParseIntError) {
        self.took = true;
    }
}

/// Takes everything, without looking.
#[server_endpoint("/all")]
#[derive(Default)]
pub struct All;

#[handlers]
impl All {
    #[on_error]
    fn any(&mut self) {}
}

/// These handlers wait for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("pending"),
    }
}

fn session() -> Session {
    let deployed = Deployed::new(EndpointConfig::new("/shop/{id}"), Hub::new());
    let mut request = Request::new("ws://localhost/shop/7");
    request.path_params = vec![("id".into(), "7".to_owned())];
    Session::new(deployed, request, None)
}

fn main() {
    let number = || "x".parse::<u8>().unwrap_err();
    let session = session();
    let cases = [
        (Error::from_handler(number().into()), "number", true),
        (Error::from_handler(OutOfStock(number()).into()), "stock", true),
        (DecodeError::new::<u8>(b"x", OutOfStock(number())).into(), "stock", true),
        (Error::Transport(io::Error::other("broken")), "transport", false),
        (Error::Closed, "other", false),
    ];
    for (error, want, parse) in cases {
        let (mut shop, mut decoders) = (Shop::default(), ());
        assert!(Shop::handles_error(&error) && All::handles_error(&error), "{error:?}");
        now(shop.on_error(Context::new(&session, &mut decoders, &()), &error)).unwrap();
        assert_eq!(shop.took, want, "{error:?}");

        let mut endpoint = Parse::default();
        assert_eq!(Parse::handles_error(&error), parse, "{error:?}");
        now(endpoint.on_error(Context::new(&session, &mut decoders, &()), &error)).unwrap();
        assert_eq!(endpoint.took, parse, "{error:?}");
    }
    assert!(Shop::HANDLERS.error && Parse::HANDLERS.error && All::HANDLERS.error);
}
