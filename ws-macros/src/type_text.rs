//! A type as a reader would write it.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

/// `Json<Vec<u8>>`, where the tokens' own text is `Json < Vec < u8 > >`.
pub(crate) fn type_text(ty: &Type) -> String {
    let mut text = String::new();
    write(ty.to_token_stream(), &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut in_lifetime = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                in_lifetime = punct.as_char() == '\'';
                let spaced =
                    matches!(punct.as_char(), '+' | '=') && punct.spacing() == Spacing::Alone;
                if spaced || (in_lifetime && ends_in_word(text)) {
                    text.push(' ');
                }
                text.push(punct.as_char());
                if spaced || matches!(punct.as_char(), ',' | ';') {
                    text.push(' ');
                }
            }
            word @ (TokenTree::Ident(_) | TokenTree::Literal(_)) => {
                if !in_lifetime && ends_in_word(text) {
                    text.push(' ');
                }
                in_lifetime = false;
                text.push_str(&word.to_string());
            }
        }
    }
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_written() {
        for written in [
            "&str",
            "&'a str",
            "&[u8]",
            "Json<Vec<Line>>",
            "ws_core::Json<(A, B)>",
            "[u8; 4]",
            "Map<String, Line>",
            "Box<dyn Any + Send>",
            "Cow<'_, str>",
            "<Chat as Codec>::Line",
        ] {
            let ty: Type = syn::parse_str(written).unwrap();
            assert_eq!(type_text(&ty), written);
        }
    }
}
