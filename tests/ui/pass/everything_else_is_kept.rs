#![deny(warnings, missing_docs)]
//! Documentation, `cfg`, other items and visibility survive.

use std::str::FromStr;

use ws_core::{handlers, server_endpoint};

/// A word.
#[derive(Debug)]
pub struct Word(pub String);

impl FromStr for Word {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Documented.
#[server_endpoint("/words/{type}", idle_timeout = "5m", crate = ws_core)]
#[derive(Debug, Default)]
pub struct Words {
    /// Counted.
    pub count: usize,
}

/// Documented.
#[handlers(crate = ws_core)]
impl Words {
    /// A constant.
    pub const LIMIT: usize = 3;

    /// A constructor.
    #[must_use]
    pub const fn new(count: usize) -> Self {
        Self { count }
    }

    /// A handler that is called by hand, too.
    #[on_message]
    pub fn word(&mut self, r#type: &str, #[path_param("type")] of: Word) -> usize {
        let _ = (r#type, of);
        self.count += Self::LIMIT;
        self.count
    }

    #[cfg(all())]
    #[on_message]
    fn on_binary(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    #[cfg(any())]
    #[on_message]
    fn on_other_binary(&mut self, bytes: Missing) -> Vec<u8> {
        bytes
    }

    #[ws_core::on_close]
    fn on_close(self: &mut Self) {}
}

fn main() {
    let mut words = Words::new(1);
    assert_eq!(words.word("", Word(String::new())), 4);
    let [words] = ws_core::registrations()[..] else { panic!("one endpoint") };
    assert_eq!(words.path, "/words/{type}");
    assert_eq!(words.idle_timeout, Some(std::time::Duration::from_secs(300)));
    assert!(words.type_name.ends_with("::Words"), "{}", words.type_name);
    assert!(words.file.ends_with("everything_else_is_kept.rs"), "{}", words.file);
    assert_eq!(words.line, 21);
    assert!(words.handlers.text.is_whole() && words.handlers.binary.is_whole() && !words.handlers.error);
    let methods: Vec<_> = words.handlers.list.iter().map(|it| (it.method, it.message)).collect();
    assert_eq!(methods, [("word", "&str"), ("on_binary", "Vec<u8>"), ("on_close", "")]);
}
