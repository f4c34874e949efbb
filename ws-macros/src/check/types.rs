//! What tokens tell about a type. Types are known by their last path segment, as no macro can
//! resolve a name.

use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, Generics, Ident, Lifetime, Path, PathArguments, ReturnType, Signature, Type,
    TypeImplTrait, TypePath,
};

use crate::model::{Delivery, Form, Payload};

/// Texts and what is parsed of text.
const TEXT: &[&str] = &[
    "String",
    "Utf8Bytes",
    "Json",
    "Parsed",
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
const BINARY: &[&str] = &["Bytes", "MsgPack"];

/// The types that come in parts, for messages to users.
pub(super) const PARTS: &str = "`&str`, `String`, `Utf8Bytes`, `&[u8]`, `Vec<u8>` or `Bytes`";

/// The kind of message that becomes a `ty`, and how it does.
pub(super) fn payload(ty: &Type) -> (Payload, Form) {
    use Delivery::{Parts, Whole};
    let payload = match borrowed(ty) {
        Some(elem) => match peel(elem) {
            Type::Slice(slice) if is_named(&slice.elem, "u8") => Payload::Binary(Whole),
            elem if is_named(elem, "str") => Payload::Text(Whole),
            _ => Payload::ByType,
        },
        None => match name(ty).map(Ident::to_string).as_deref() {
            Some("MessageReader") => return (Payload::Any, Form::Reader),
            Some("TextPart") => return (Payload::Text(Parts), Form::Part),
            Some("BinaryPart") => return (Payload::Binary(Parts), Form::Part),
            Some("Pong") => Payload::Pong,
            Some("Vec") if argument(ty, "Vec").is_some_and(|elem| is_named(elem, "u8")) => {
                Payload::Binary(Whole)
            }
            Some(name) if TEXT.contains(&name) => Payload::Text(Whole),
            Some(name) if BINARY.contains(&name) => Payload::Binary(Whole),
            _ => Payload::ByType,
        },
    };
    (payload, Form::Data)
}

/// Whether a `last: bool` may stand beside it.
pub(super) fn comes_in_parts(ty: &Type) -> bool {
    match payload(ty) {
        (Payload::Text(_) | Payload::Binary(_), Form::Data) => {
            borrowed(ty).is_some()
                || ["String", "Utf8Bytes", "Bytes", "Vec"].iter().any(|name| is_named(ty, name))
        }
        _ => false,
    }
}

/// What a `&` without `mut` borrows.
fn borrowed(ty: &Type) -> Option<&Type> {
    match peel(ty) {
        Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
        _ => None,
    }
}

/// The `T` of a `wanted<T>`.
pub(super) fn argument<'ast>(ty: &'ast Type, wanted: &str) -> Option<&'ast Type> {
    let Type::Path(path) = peel(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == wanted)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut arguments = arguments.args.iter();
    match (arguments.next(), arguments.next()) {
        (Some(GenericArgument::Type(ty)), None) => Some(ty),
        _ => None,
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

pub(super) fn is_named(ty: &Type, wanted: &str) -> bool {
    name(ty).is_some_and(|name| name == wanted)
}

/// A parameter's type as it can be written outside of its method: in an expression, where lifetimes
/// are inferred.
pub(super) fn outside(ty: &Type, generics: &Generics, endpoint: &Type) -> Type {
    let mut ty = ty.clone();
    Outside { generics, endpoint }.visit_type_mut(&mut ty);
    ty
}

/// What a method returns, likewise. A type that has no name cannot be written.
pub(super) fn output_outside(method: &Signature, endpoint: &Type) -> Option<Type> {
    let ReturnType::Type(_, ty) = &method.output else {
        return Some(syn::parse_quote_spanned!(method.ident.span()=> ()));
    };
    let mut ty = outside(ty, &method.generics, endpoint);
    let mut nameless = Nameless(false);
    nameless.visit_type_mut(&mut ty);
    (!nameless.0).then_some(ty)
}

/// Looks for `impl Trait`.
struct Nameless(bool);

impl VisitMut for Nameless {
    fn visit_type_impl_trait_mut(&mut self, _: &mut TypeImplTrait) {
        self.0 = true;
    }
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
    use Delivery::{Parts, Whole};

    fn parse(ty: &str) -> Type {
        syn::parse_str(ty).unwrap()
    }

    #[test]
    fn kinds_are_told_by_name() {
        #[rustfmt::skip] // a table
        let cases = [
            ("&str",                   Payload::Text(Whole)),
            ("&'m str",                Payload::Text(Whole)),
            ("(&str)",                 Payload::Text(Whole)),
            ("String",                 Payload::Text(Whole)),
            ("std::string::String",    Payload::Text(Whole)),
            ("Json<Line>",             Payload::Text(Whole)),
            ("ws_core::Json<Line>",    Payload::Text(Whole)),
            ("Parsed<Line>",           Payload::Text(Whole)),
            ("i64",                    Payload::Text(Whole)),
            ("bool",                   Payload::Text(Whole)),
            ("TextPart<'_>",           Payload::Text(Parts)),
            ("&[u8]",                  Payload::Binary(Whole)),
            ("Vec<u8>",                Payload::Binary(Whole)),
            ("bytes::Bytes",           Payload::Binary(Whole)),
            ("MsgPack<Line>",          Payload::Binary(Whole)),
            ("BinaryPart<'_>",         Payload::Binary(Parts)),
            ("MessageReader",          Payload::Any),
            ("Pong",                   Payload::Pong),
            ("Line",                   Payload::ByType),
            ("Vec<Line>",              Payload::ByType),
            ("&mut str",               Payload::ByType),
            ("&[i32]",                 Payload::ByType),
            ("(i32, i32)",             Payload::ByType),
        ];
        for (ty, want) in cases {
            assert_eq!(payload(&parse(ty)).0, want, "{ty}");
        }
    }

    #[test]
    fn texts_and_bytes_come_in_parts() {
        for ty in ["&str", "String", "Utf8Bytes", "&[u8]", "Vec<u8>", "bytes::Bytes"] {
            assert!(comes_in_parts(&parse(ty)), "{ty}");
        }
        for ty in ["i32", "bool", "Json<A>", "Line", "&[i32]", "Pong", "MessageReader", "TextPart"]
        {
            assert!(!comes_in_parts(&parse(ty)), "{ty}");
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
