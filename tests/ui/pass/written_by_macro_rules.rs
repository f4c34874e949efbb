#![deny(warnings)]
//! Tokens of an endpoint may come from a macro and from its caller, in any mixture.

use ws_core::{CloseReason, Error, Session, handlers, server_endpoint};

macro_rules! endpoint {
    ($path:literal $name:ident $session:ty, $id:ident: $id_type:ty, $text:ty => $reply:ty) => {
        #[server_endpoint($path, crate = ws_core)]
        #[derive(Default)]
        struct $name;

        #[handlers(crate = ws_core)]
        impl $name {
            #[on_open]
            async fn open(&mut self, _: $session, #[path_param] $id: $id_type) -> Result<(), Error> {
                let _ = $id;
                Ok(())
            }

            #[on_message]
            async fn text(&mut self, #[path_param] id: $id_type, text: $text) -> $reply {
                format!("{id} {text}")
            }

            #[on_close]
            fn close(&mut self, _: &CloseReason) -> Result<(), $crate::Error> {
                Ok(())
            }
        }
    };
}

endpoint!("/a/{id}" A &Session, id: u8, &str => String);

macro_rules! methods {
    ($($method:item)*) => {
        #[server_endpoint("/b", crate = ws_core)]
        #[derive(Default)]
        struct B;

        #[handlers(crate = ws_core)]
        impl B {
            #[on_message]
            fn text(&mut self, text: &str) -> usize {
                text.len()
            }
        }

        $($method)*
    };
}

methods! {
    #[server_endpoint("/c", crate = ws_core)]
    #[derive(Default)]
    struct C;

    #[handlers(crate = ws_core)]
    impl C {
        #[on_message]
        async fn text<'m>(&mut self, session: &Session, text: &'m str) -> Result<&'m str, Error> {
            session.subscribe(text)?;
            Ok(text)
        }
    }
}

fn main() {}
