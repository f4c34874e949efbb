use ws_core::server_endpoint;
use ws_core::handlers;

macro_rules! endpoints {
    ($($name:ident $path:literal)*) => {$(
        #[server_endpoint($path, crate = ws_core)]
        #[derive(Default)]
        struct $name;

        #[handlers(crate = ws_core)]
        impl $name {}
    )*};
}

endpoints! {
    NoLeadingSlash "chat"
    EmptySegment "/a//b"
    DotSegment "/a/../b"
    DuplicateVariable "/{a}/{a}"
    EmptyName "/a/{}"
    BadName "/a/{+b}"
    PartialVariable "/room-{id}"
    UnbalancedBrace "/chat/{room"
    Query "/chat?room=1"
    BadCharacter "/tea time"
    BadEscape "/100%"
}

fn main() {}
