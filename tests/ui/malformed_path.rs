use ws_container::prelude::*;

macro_rules! endpoints {
    ($($name:ident $path:literal)*) => {$(
        #[server_endpoint($path)]
        #[derive(Default)]
        struct $name;

        #[handlers]
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
