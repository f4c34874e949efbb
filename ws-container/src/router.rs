//! From the path of a request to what is mounted there.

use ws_core::endpoint::path::{BadPath, Mismatch, PathTemplate, RequestPath, best_match};
use ws_core::handshake::PathParams;

/// What is mounted where. No two templates are equivalent.
#[derive(Debug)]
pub(crate) struct Router<T> {
    templates: Vec<PathTemplate>,
    targets: Vec<T>,
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { templates: Vec::new(), targets: Vec::new() }
    }
}

impl<T> Router<T> {
    /// Mounts `target` at `template`.
    pub(crate) fn mount(&mut self, template: PathTemplate, target: T) {
        self.templates.push(template);
        self.targets.push(target);
    }

    /// What is mounted at the template that `path` belongs to.
    ///
    /// # Errors
    ///
    /// [`BadPath`] when `path` is malformed.
    pub(crate) fn find(&self, path: &str) -> Result<Option<(&T, PathParams)>, BadPath> {
        let found = best_match(&self.templates, path)?;
        Ok(found.map(|found| (&self.targets[found.index], found.params)))
    }

    /// What is mounted where, in the order of mounting.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&PathTemplate, &T)> {
        self.templates.iter().zip(&self.targets)
    }

    /// What each template has to say of `path`: that it matches, or why it does not. Those most like
    /// it come first, and no more than 20.
    pub(crate) fn explain(&self, path: &str) -> Vec<(&str, Option<Mismatch>)> {
        let Ok(parsed) = RequestPath::parse(path) else { return Vec::new() };
        let find = |wanted: &str| self.templates.iter().find(|it| it.as_str() == wanted);
        let nearest = self.by_distance(path).into_iter().take(20).filter_map(find);
        nearest.map(|template| (template.as_str(), template.mismatch(&parsed))).collect()
    }

    /// The templates most like `path`, at most three, nearest first; for those who look for a typing
    /// mistake.
    pub(crate) fn nearest(&self, path: &str) -> Vec<&str> {
        let mut nearest = self.by_distance(path);
        nearest.truncate(3);
        nearest
    }

    fn by_distance(&self, path: &str) -> Vec<&str> {
        // The comparison takes time in proportion to both lengths.
        let path = path.get(..path.len().min(128)).unwrap_or_default();
        let mut near: Vec<_> = self
            .templates
            .iter()
            .map(PathTemplate::as_str)
            .map(|template| (distance(path, &filled(template, path)), template))
            .collect();
        near.sort_unstable();
        near.into_iter().map(|(_, template)| template).collect()
    }
}

/// `template` with the segments of `path` in place of its variables, which any segment may be.
fn filled(template: &str, path: &str) -> String {
    let mut segments = path.split('/');
    let mut filled = Vec::new();
    for wanted in template.split('/') {
        let found = segments.next();
        filled.push(found.filter(|_| wanted.starts_with('{')).unwrap_or(wanted));
    }
    filled.join("/")
}

/// The fewest bytes to insert, remove or replace to make `b` out of `a` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path, and the template it belongs to with its values.
    type Case = (&'static str, Option<(&'static str, &'static [&'static str])>);

    fn router(templates: &[&'static str]) -> Router<&'static str> {
        let mut router = Router::default();
        for template in templates {
            router.mount(PathTemplate::parse(template).unwrap(), *template);
        }
        router
    }

    #[test]
    fn finds_what_is_mounted() {
        let router = router(&[
            "/",
            "/t/a/b",
            "/t/a/{x}",
            "/t/a/{v}/c",
            "/t/a/b/c",
            "/t/a/{v1}/{v2}",
            "/u/{v1}/d",
            "/u/b/{v2}",
            "/slash/",
        ]);
        #[rustfmt::skip] // a table
        let cases: &[Case] = &[
            ("/",             Some(("/", &[]))),
            ("/t/a/b",        Some(("/t/a/b", &[]))),
            ("/t/a/apple",    Some(("/t/a/{x}", &["apple"]))),
            ("/t/a/b/c",      Some(("/t/a/b/c", &[]))),
            ("/t/a/d/c",      Some(("/t/a/{v}/c", &["d"]))),
            ("/t/a/x/y",      Some(("/t/a/{v1}/{v2}", &["x", "y"]))),
            ("/t/a/b/x",      Some(("/t/a/{v1}/{v2}", &["b", "x"]))),
            ("/u/b/d",        Some(("/u/b/{v2}", &["d"]))),
            ("/u/x/d",        Some(("/u/{v1}/d", &["x"]))),
            ("/t/a",          None),
            ("/t/a/",         None),
            ("/t/a/b/",       None),
            ("/slash",        None),
            ("/slash/",       Some(("/slash/", &[]))),
            ("/t/a/%62",      Some(("/t/a/b", &[]))),
            ("/t/a/x%20y",    Some(("/t/a/{x}", &["x y"]))),
            ("/t/a/x%2Fy",    Some(("/t/a/{x}", &["x/y"]))),
            ("/t//a/b",       None),
            ("/t/./a/b",      Some(("/t/a/b", &[]))),
            ("/t/z/../a/b",   Some(("/t/a/b", &[]))),
            ("/T/a/b",        None),
        ];
        for (path, want) in cases {
            let found = router.find(path).unwrap();
            let found = found.as_ref().map(|(target, params)| {
                (**target, params.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>())
            });
            let want = want.map(|(target, params)| (target, params.to_vec()));
            assert_eq!(found, want, "{path}");
        }
        for path in ["/..", "/%", "/t/a/%zz", "/t/a/%ff", "*", ""] {
            assert!(router.find(path).is_err(), "{path}");
        }
    }

    #[test]
    fn nearest_templates() {
        let router = router(&["/chat/{room}", "/echo", "/broadcast", "/status"]);
        assert_eq!(router.nearest("/ecco")[0], "/echo");
        assert_eq!(router.nearest("/chats/room")[0], "/chat/{room}");
        assert_eq!(router.nearest("/hcat/a-room-with-a-long-name")[0], "/chat/{room}");
        assert_eq!(router.nearest("/é".repeat(200).as_str()).len(), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
