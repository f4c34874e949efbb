//! A URI template, and which of many a path matches.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::endpoint::path::request::{BadPath, RequestPath, decode, normalise};
use crate::endpoint::path::rules::{PathError, check, variable};

/// A URI template such as `/chat/{room}` (Jakarta §4.1.1): level 1 of RFC 6570, with variables that
/// are whole segments.
#[derive(Clone, Debug)]
pub struct PathTemplate {
    template: Arc<str>,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
enum Segment {
    /// Matches itself; normalised.
    Exact(Box<str>),
    /// Matches any segment but an empty one.
    Variable(Arc<str>),
}

impl PathTemplate {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn parse(template: &str) -> Result<Self, PathError> {
        check(template)?;
        let segments = template
            .split('/')
            .skip(1)
            .map(|segment| match variable(segment.as_bytes()) {
                // Braces are one byte each.
                Some(_) => Ok(Segment::Variable(segment[1..segment.len() - 1].into())),
                None => normalise(segment)
                    .map(|exact| Segment::Exact(exact.into()))
                    .ok_or(PathError::BadEscape),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { template: template.into(), segments })
    }

    /// The template as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.template
    }

    /// The names of its variables, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable(name) => Some(&**name),
            Segment::Exact(_) => None,
        })
    }

    /// Whether every path that one of them matches is matched by the other: they differ in nothing
    /// but the names of variables. Such templates cannot be deployed together.
    #[must_use]
    pub fn is_equivalent(&self, other: &Self) -> bool {
        self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|pair| match pair {
                (Segment::Exact(a), Segment::Exact(b)) => a == b,
                (Segment::Variable(_), Segment::Variable(_)) => true,
                (Segment::Exact(_), Segment::Variable(_))
                | (Segment::Variable(_), Segment::Exact(_)) => false,
            })
    }

    /// Whether it matches `path`: equal segments, and something for each variable.
    #[must_use]
    pub fn matches(&self, path: &RequestPath<'_>) -> bool {
        self.segments.len() == path.segments().len()
            && self.segments.iter().zip(path.segments()).all(|(segment, value)| match segment {
                Segment::Exact(exact) => **exact == **value,
                Segment::Variable(_) => !value.is_empty(),
            })
    }

    /// Why it does not match `path`; `None` when it does. For whoever looks for the mistake.
    #[must_use]
    pub fn mismatch(&self, path: &RequestPath<'_>) -> Option<Mismatch> {
        let (wanted, found) = (self.segments.len(), path.segments().len());
        let pairs = self.segments.iter().zip(path.segments()).enumerate();
        let mut differing = pairs.filter_map(|(at, (segment, value))| match segment {
            Segment::Exact(exact) if **exact != **value => Some(Mismatch::Segment {
                number: at + 1,
                wanted: exact.to_string(),
                found: value.to_string(),
            }),
            Segment::Variable(name) if value.is_empty() => {
                Some(Mismatch::Empty { number: at + 1, variable: name.to_string() })
            }
            Segment::Exact(_) | Segment::Variable(_) => None,
        });
        let first = differing.next();
        first.or((wanted != found).then_some(Mismatch::Length { wanted, found }))
    }

    /// The percent-decoded values that a matching `path` gives its variables, in order.
    ///
    /// # Errors
    ///
    /// [`BadPath::NotUtf8`] when one is no UTF-8.
    pub fn params(&self, path: &RequestPath<'_>) -> Result<Vec<(Arc<str>, String)>, BadPath> {
        let pairs = self.segments.iter().zip(path.segments());
        pairs
            .filter_map(|(segment, value)| match segment {
                Segment::Variable(name) => {
                    Some(decode(value).map(|value| (Arc::clone(name), value)))
                }
                Segment::Exact(_) => None,
            })
            .collect()
    }

    /// Of two templates that match the same path, the lesser is the one to take: from the left, an
    /// exact segment goes before a variable.
    fn compare(&self, other: &Self) -> Ordering {
        let is_variable = |segment: &Segment| matches!(segment, Segment::Variable(_));
        self.segments.iter().map(is_variable).cmp(other.segments.iter().map(is_variable))
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.template)
    }
}

/// Why a path does not match a template.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// A segment is another one.
    #[error("segment {number} is `{found}`, not `{wanted}`")]
    Segment {
        /// Its place, from 1 on.
        number: usize,
        /// What the template says, normalised.
        wanted: String,
        /// What the path has.
        found: String,
    },
    /// There is nothing for a variable.
    #[error("nothing stands for `{{{variable}}}`, segment {number}")]
    Empty {
        /// Its place, from 1 on.
        number: usize,
        /// The variable.
        variable: String,
    },
    /// There are more or fewer segments.
    #[error("{found} segments, not {wanted}")]
    Length {
        /// Segments of the template.
        wanted: usize,
        /// Segments of the path.
        found: usize,
    },
}

/// The template to which a path belongs.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PathMatch {
    /// Its place among the templates.
    pub index: usize,
    /// The names and percent-decoded values of its variables, in order.
    pub params: Vec<(Arc<str>, String)>,
}

/// Finds the template that a path belongs to; `None` when none matches.
///
/// Templates that match the whole path compete, then exact segments go before variables, from the
/// left. Of `/a/b/x` and `/a/{v}/y`, the path `/a/b/y` belongs to the second.
///
/// # Errors
///
/// [`BadPath`] when `path` is malformed: the answer is 400.
///
/// # Examples
///
/// ```
/// use ws_core::endpoint::path::{PathTemplate, best_match};
///
/// let templates = [PathTemplate::parse("/chat/{room}")?, PathTemplate::parse("/chat/lobby")?];
///
/// let found = best_match(&templates, "/chat/tea%20time")?.ok_or("no match")?;
/// assert_eq!((found.index, &*found.params), (0, &[("room".into(), "tea time".to_owned())][..]));
///
/// assert_eq!(best_match(&templates, "/chat/lobby")?.map(|found| found.index), Some(1));
/// assert_eq!(best_match(&templates, "/chat/")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn best_match<'t>(
    templates: impl IntoIterator<Item = &'t PathTemplate>,
    path: &str,
) -> Result<Option<PathMatch>, BadPath> {
    let path = RequestPath::parse(path)?;
    let matching =
        templates.into_iter().enumerate().filter(|(_, template)| template.matches(&path));
    let Some((index, best)) = matching.min_by(|(_, a), (_, b)| a.compare(b)) else {
        return Ok(None);
    };
    Ok(Some(PathMatch { index, params: best.params(&path)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(of: &[&'static str]) -> Vec<PathTemplate> {
        of.iter().map(|template| PathTemplate::parse(template).unwrap()).collect()
    }

    /// What is deployed, the path, and the template it belongs to with its values.
    type Case = (&'static [&'static str], &'static str, Option<(usize, &'static [&'static str])>);

    const SPEC: &[&str] = &["/a/{v}/c", "/a/b/c", "/a/{x}/{y}"];
    const CROSS: &[&str] = &["/{v}/d", "/b/{w}"];
    const MANY: &[&str] = &[
        "/t/a/b",
        "/t/a/{x}",
        "/t/a/{v}/c",
        "/t/a/b/c",
        "/t/a/{v1}/{v2}",
        "/u/{v1}/d",
        "/u/b/{v2}",
        "/slash/",
    ];

    #[rustfmt::skip] // a table
    const CASES: &[Case] = &[
        (&["/"],                "/",              Some((0, &[]))),
        (&["/"],                "/a",             None),
        (&["/a/b"],             "/a/b",           Some((0, &[]))),
        (&["/a/b"],             "/a/b/",          None),
        (&["/a/b/"],            "/a/b/",          Some((0, &[]))),
        (&["/a/b/"],            "/a/b",           None),
        (&["/a/{v}"],           "/a/x",           Some((0, &["x"]))),
        (&["/a/{v}"],           "/a",             None),
        (&["/a/{v}"],           "/a/",            None),
        (&["/a/{v}"],           "/a/b/",          None),
        (&["/a/{v}"],           "/a/b/c",         None),
        (SPEC,                  "/a/b/c",         Some((1, &[]))),
        (SPEC,                  "/a/d/c",         Some((0, &["d"]))),
        (SPEC,                  "/a/x/y",         Some((2, &["x", "y"]))),
        (CROSS,                 "/b/d",           Some((1, &["d"]))),
        (CROSS,                 "/c/d",           Some((0, &["c"]))),
        (&["/a/b/x", "/a/{v}/y"], "/a/b/y",       Some((1, &["b"]))),
        (MANY,                  "/t/a/b",         Some((0, &[]))),
        (MANY,                  "/t/a/apple",     Some((1, &["apple"]))),
        (MANY,                  "/t/a/b/c",       Some((3, &[]))),
        (MANY,                  "/t/a/d/c",       Some((2, &["d"]))),
        (MANY,                  "/t/a/x/y",       Some((4, &["x", "y"]))),
        (MANY,                  "/t/a/b/x",       Some((4, &["b", "x"]))),
        (MANY,                  "/u/b/d",         Some((6, &["d"]))),
        (MANY,                  "/t/a",           None),
        (MANY,                  "/t/a/",          None),
        (MANY,                  "/t/a/b/",        None),
        (MANY,                  "/slash",         None),
        (MANY,                  "/slash/",        Some((7, &[]))),
        (MANY,                  "/t/a/%62",       Some((0, &[]))),
        (MANY,                  "/t/a/x%20y",     Some((1, &["x y"]))),
        (MANY,                  "/t/a/caf%C3%A9", Some((1, &["caf\u{e9}"]))),
        (MANY,                  "/t/a/x%2Fy",     Some((1, &["x/y"]))),
        (MANY,                  "/t/a/b;v=1",     Some((1, &["b;v=1"]))),
        (MANY,                  "/t//a/b",        None),
        (MANY,                  "/t/./a/b",       Some((0, &[]))),
        (MANY,                  "/t/z/../a/b",    Some((0, &[]))),
        (MANY,                  "/T/a/b",         None),
        (&["/caf\u{e9}"],       "/caf%c3%a9",     Some((0, &[]))),
        (&["/%7Eme"],           "/~me",           Some((0, &[]))),
    ];

    #[test]
    fn the_most_specific_full_match_wins() {
        for (deployed, path, want) in CASES {
            let deployed = templates(deployed);
            let got = best_match(&deployed, path).unwrap();
            let got = got.as_ref().map(|found| {
                let values: Vec<_> = found.params.iter().map(|(_, value)| value.as_str()).collect();
                (found.index, values)
            });
            let want = want.map(|(index, values)| (index, values.to_vec()));
            assert_eq!(got, want, "{path}");
        }
    }

    #[test]
    fn order_of_deployment_does_not_matter() {
        for (deployed, path, want) in CASES {
            let mut deployed = templates(deployed);
            deployed.reverse();
            let got = best_match(&deployed, path).unwrap();
            assert_eq!(
                got.map(|found| deployed.len() - 1 - found.index),
                want.map(|(index, _)| index),
                "{path}"
            );
        }
    }

    #[test]
    fn malformed_paths_are_reported() {
        let deployed = templates(&["/t/{x}"]);
        for (path, want) in [
            ("/..", BadPath::AboveRoot),
            ("/t/../../t/a", BadPath::AboveRoot),
            ("/t/%ff", BadPath::NotUtf8),
            ("/t/%C3", BadPath::NotUtf8),
            ("/t/%", BadPath::BadEscape),
            ("/t/a#frag", BadPath::Fragment),
        ] {
            assert_eq!(best_match(&deployed, path), Err(want), "{path}");
        }
    }

    #[test]
    fn equivalent_templates_differ_in_names_only() {
        #[rustfmt::skip] // a table
        let cases = [
            ("/a/{b}", "/a/{c}", true),
            ("/a/b",   "/a/b",   true),
            ("/%61/b", "/a/b",   true),
            ("/a/{b}", "/a/b",   false),
            ("/a/",    "/a",     false),
            ("/{a}",   "/{a}/",  false),
        ];
        for (a, b, want) in cases {
            let both = templates(&[a, b]);
            assert_eq!(both[0].is_equivalent(&both[1]), want, "{a} {b}");
            assert_eq!(both[1].is_equivalent(&both[0]), want, "{b} {a}");
        }
    }

    #[test]
    fn variables_come_in_order() {
        let template = PathTemplate::parse("/{b}/x/{a}").unwrap();
        assert_eq!(template.variables().collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn says_why_not() {
        #[rustfmt::skip] // a table
        let cases: &[(&str, &str, Option<&str>)] = &[
            ("/chat/{room}", "/chat/tea",   None),
            ("/chat/{room}", "/chats/tea",  Some("segment 1 is `chats`, not `chat`")),
            ("/chat/{room}", "/chat/",      Some("nothing stands for `{room}`, segment 2")),
            ("/chat/{room}", "/chat",       Some("1 segments, not 2")),
            ("/chat",        "/chat/",      Some("2 segments, not 1")),
            ("/a/b/c",       "/a/x",        Some("segment 2 is `x`, not `b`")),
        ];
        for (template, path, want) in cases {
            let parsed = RequestPath::parse(path).unwrap();
            let template = PathTemplate::parse(template).unwrap();
            let why = template.mismatch(&parsed).map(|why| why.to_string());
            assert_eq!(why.as_deref(), *want, "{template} {path}");
            assert_eq!(why.is_none(), template.matches(&parsed));
        }
    }
}
