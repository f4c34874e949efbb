//! What tokens tell about a type. Types are known by their last path segment, as no macro can
//! resolve a name.

use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Generics, Ident, Lifetime, Path, Type, TypePath};

use crate::model::Payload;

/// Texts and what is parsed of text.
const TEXT: &[&str] = &[
    "String",
    "Utf8Bytes",
    "Json",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "bool",
    "char",
];
const BINARY: &[&str] = &["Vec", "Bytes"];

/// The kind of message that becomes a `ty`.
pub(super) fn payload(ty: &Type) -> Payload {
    match peel(ty) {
        Type::Reference(reference) if reference.mutability.is_none() => {
            match peel(&reference.elem) {
                Type::Slice(slice) if is_named(&slice.elem, "u8") => Payload::Binary,
                elem if is_named(elem, "str") => Payload::Text,
                _ => Payload::ByType,
            }
        }
        ty => match name(ty).map(Ident::to_string).as_deref() {
            Some("Pong") => Payload::Pong,
            Some(name) if TEXT.contains(&name) => Payload::Text,
            Some(name) if BINARY.contains(&name) => Payload::Binary,
            _ => Payload::ByType,
        },
    }
}

/// The type without parentheses and without the invisible groups that `macro_rules` makes.
pub(super) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// The last segment of a path.
pub(super) fn name(ty: &Type) -> Option<&Ident> {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

fn is_named(ty: &Type, wanted: &str) -> bool {
    name(ty).is_some_and(|name| name == wanted)
}

/// A parameter's type as it can be written outside of its method: in an expression, where lifetimes
/// are inferred.
pub(super) fn outside(ty: &Type, generics: &Generics, endpoint: &Type) -> Type {
    let mut ty = ty.clone();
    Outside { generics, endpoint }.visit_type_mut(&mut ty);
    ty
}

struct Outside<'ast> {
    generics: &'ast Generics,
    endpoint: &'ast Type,
}

impl VisitMut for Outside<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if self.generics.lifetimes().any(|param| param.lifetime == *lifetime) {
            *lifetime = Lifetime::new("'_", lifetime.span());
        }
    }

    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, path);
        if path.qself.is_none()
            && path.path.segments.first().is_some_and(|first| first.ident == "Self")
        {
            self.replace_self(path);
        }
    }
}

impl Outside<'_> {
    /// `Self::Item` becomes `<Chat>::Item`, and `Self` becomes `<Chat>`'s own path.
    fn replace_self(&self, path: &mut TypePath) {
        let rest: Punctuated<_, _> = path.path.segments.iter().skip(1).cloned().collect();
        let endpoint = self.endpoint;
        *path = match (rest.is_empty(), endpoint) {
            (true, Type::Path(endpoint)) => endpoint.clone(),
            _ => {
                let rest = Path { leading_colon: None, segments: rest };
                syn::parse_quote!(<#endpoint>::#rest)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    fn parse(ty: &str) -> Type {
        syn::parse_str(ty).unwrap()
    }

    #[test]
    fn kinds_are_told_by_name() {
        #[rustfmt::skip] // a table
        let cases = [
            ("&str",                   Payload::Text),
            ("&'m str",                Payload::Text),
            ("(&str)",                 Payload::Text),
            ("String",                 Payload::Text),
            ("std::string::String",    Payload::Text),
            ("Json<Line>",             Payload::Text),
            ("ws_core::Json<Line>",    Payload::Text),
            ("i64",                    Payload::Text),
            ("&[u8]",                  Payload::Binary),
            ("Vec<u8>",                Payload::Binary),
            ("bytes::Bytes",           Payload::Binary),
            ("Pong",                   Payload::Pong),
            ("Line",                   Payload::ByType),
            ("&mut str",               Payload::ByType),
            ("&[i32]",                 Payload::ByType),
            ("(i32, i32)",             Payload::ByType),
        ];
        for (ty, want) in cases {
            assert_eq!(payload(&parse(ty)), want, "{ty}");
        }
    }

    #[test]
    fn types_are_taken_out_of_their_method() {
        #[rustfmt::skip] // a table
        let cases = [
            ("&'m str",          "&'_ str"),
            ("&'static str",     "&'static str"),
            ("Cow<'m, str>",     "Cow<'_, str>"),
            ("Self",             "Chat"),
            ("Vec<Self>",        "Vec<Chat>"),
            ("Self::Line",       "<Chat>::Line"),
        ];
        let generics: Generics = syn::parse_str("<'m>").unwrap();
        for (ty, want) in cases {
            let got = outside(&parse(ty), &generics, &parse("Chat"));
            let want = parse(want).into_token_stream().to_string();
            assert_eq!(got.into_token_stream().to_string(), want, "{ty}");
        }
    }
}
