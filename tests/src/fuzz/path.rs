//! Paths of requests against URI templates, judged by a slow reference.

use std::sync::LazyLock;

use ws_core::endpoint::path::{PathTemplate, best_match, check, has_variable};

/// Templates of one deployment. Their exact segments have unreserved characters only, so that equal
/// segments are those whose bytes are equal once they are decoded.
const TEMPLATES: [&str; 9] =
    ["/", "/a", "/a/", "/a/b", "/a/{x}", "/{x}/b", "/a/{x}/c", "/{x}/{y}/{z}", "/a/%C3%A9/{z}"];

static PARSED: LazyLock<Vec<PathTemplate>> =
    LazyLock::new(|| TEMPLATES.map(|template| PathTemplate::parse(template).unwrap()).into());

/// The path belongs to the template that the reference says, with the same values.
pub fn path_template(data: &[u8]) {
    let Ok(path) = std::str::from_utf8(data) else { return };
    if check(path).is_ok() {
        assert!(path.starts_with('/') && !has_variable(path, ""));
    }
    let ours = best_match(PARSED.iter(), path);
    let Some(segments) = segments(path) else {
        assert!(ours.is_err(), "{path:?}");
        return;
    };
    let best = (0..TEMPLATES.len())
        .filter_map(|index| Some((score(TEMPLATES[index], &segments)?, index)))
        .min();
    match (best, ours) {
        (None, ours) => assert_eq!(ours, Ok(None)),
        (Some((_, index)), Ok(Some(found))) => {
            assert_eq!(found.index, index, "{path:?}");
            let values: Vec<_> = found.params.into_iter().map(|(_, v)| v.into_bytes()).collect();
            assert_eq!(values, values_of(TEMPLATES[index], &segments));
        }
        (Some((_, index)), ours) => {
            let values = values_of(TEMPLATES[index], &segments);
            assert!(ours.is_err() && values.iter().any(|v| std::str::from_utf8(v).is_err()));
        }
    }
}

/// The decoded segments of a path; `None` when it is malformed.
fn segments(path: &str) -> Option<Vec<Vec<u8>>> {
    if path.contains('#') {
        return None;
    }
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut open = false;
    for segment in path.strip_prefix('/')?.split('/') {
        let segment = decoded(segment)?;
        open = matches!(&segment[..], b"." | b"..");
        if segment == b".." {
            kept.pop()?;
        }
        if !open {
            kept.push(segment);
        }
    }
    if open {
        kept.push(Vec::new());
    }
    Some(kept)
}

fn decoded(segment: &str) -> Option<Vec<u8>> {
    let mut bytes = segment.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?].map(char::from);
        let [high, low] = [digits[0].to_digit(16)?, digits[1].to_digit(16)?];
        out.push(u8::try_from(high << 4 | low).ok()?);
    }
    Some(out)
}

/// Which segments are variables, from the left, if the template matches.
fn score(template: &str, segments: &[Vec<u8>]) -> Option<Vec<bool>> {
    let parts: Vec<&str> = template.split('/').skip(1).collect();
    if parts.len() != segments.len() {
        return None;
    }
    let part = |(part, segment): (&&str, &Vec<u8>)| match part.starts_with('{') {
        true => (!segment.is_empty()).then_some(true),
        false => (decoded(part)? == *segment).then_some(false),
    };
    parts.iter().zip(segments).map(part).collect()
}

fn values_of(template: &str, segments: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let parts = template.split('/').skip(1).zip(segments);
    parts.filter(|(part, _)| part.starts_with('{')).map(|(_, value)| value.clone()).collect()
}
