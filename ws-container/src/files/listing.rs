//! The page that lists a directory.

use std::fmt::Write as _;
use std::path::Path;

use crate::files::jail::{Found, Jail};
use crate::files::path::{Names, encode_into};

/// Most entries that one page shows.
const SHOWN: usize = 10_000;

/// What the page allows itself.
pub(crate) const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The page for the directory `at`, whose path in the request is `names`: directories first, each
/// group by name. Hidden names are left out, and so is what cannot be served. Blocks.
///
/// # Errors
///
/// When the directory cannot be read.
pub(crate) fn page(jail: &Jail, at: &Path, names: &Names) -> std::io::Result<String> {
    let mut entries = Vec::new();
    let mut more = false;
    for entry in std::fs::read_dir(at)? {
        // A name that is not UTF-8 has no path that leads to it.
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if name.starts_with('.') || name.chars().any(|c| c.is_control() || c == '\\') {
            continue;
        }
        let Some(found) = jail.look(&at.join(&name)) else { continue };
        if entries.len() == SHOWN {
            more = true;
            break;
        }
        entries.push((found == Found::File, name));
    }
    entries.sort();
    Ok(render(names, &entries, more))
}

/// Writes the page; an entry is whether it is a file, and its name.
fn render(names: &Names, entries: &[(bool, String)], more: bool) -> String {
    let mut title = String::from("/");
    for name in &names.names {
        escape_into(name, &mut title);
        title.push('/');
    }
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <title>Index of {title}</title></head>\n<body>\n<h1>Index of {title}</h1>\n<ul>\n"
    );
    if !names.names.is_empty() {
        page.push_str("<li><a href=\"../\">../</a></li>\n");
    }
    for (is_file, name) in entries {
        let slash = if *is_file { "" } else { "/" };
        // `./` keeps a name with a colon from being read as a scheme.
        page.push_str("<li><a href=\"./");
        encode_into(name, &mut page);
        let _ = write!(page, "{slash}\">");
        escape_into(name, &mut page);
        let _ = writeln!(page, "{slash}</a></li>");
    }
    page.push_str("</ul>\n");
    if more {
        let _ = writeln!(page, "<p>Only {SHOWN} entries are shown.</p>");
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// Appends `text` as HTML text or attribute.
fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_in_text_and_links() {
        let names = Names { names: vec!["<b>".into()], directory: true };
        let entries = [(false, "d&d".into()), (true, "<img src=x onerror=\"alert('1')\">".into())];
        let page = render(&names, &entries, true);
        assert!(page.contains("<title>Index of /&lt;b&gt;/</title>"), "{page}");
        assert!(page.contains("<a href=\"./d%26d/\">d&amp;d/</a>"), "{page}");
        let image = "<a href=\"./%3Cimg%20src%3Dx%20onerror%3D%22alert%28%271%27%29%22%3E\">\
                     &lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;</a>";
        assert!(page.contains(image), "{page}");
        assert!(page.contains("Only 10000 entries are shown."), "{page}");
    }
}
