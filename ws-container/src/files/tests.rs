use http::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    IF_MODIFIED_SINCE, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use tempfile::TempDir;

use super::*;

const SECRET: &str = "the secret";

/// A docroot with a secret beside it, and every kind of way out of it.
fn site(list: bool) -> (TempDir, Files) {
    use std::fs::{create_dir, write};

    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("www");
    for directory in ["", "sub", "sub/deep", "indexed", ".git", "empty"] {
        create_dir(root.join(directory)).unwrap();
    }
    write(dir.path().join("secret.txt"), SECRET).unwrap();
    create_dir(dir.path().join("www-private")).unwrap();
    write(dir.path().join("www-private/secret.txt"), SECRET).unwrap();
    write(root.join("a.txt"), "0123456789").unwrap();
    write(root.join("a b.txt"), "space").unwrap();
    write(root.join("café.html"), "<p>café").unwrap();
    write(root.join("no-type"), "bytes").unwrap();
    write(root.join("sub/b.txt"), "b").unwrap();
    write(root.join("sub/deep/c.txt"), "c").unwrap();
    write(root.join("indexed/index.html"), "the index").unwrap();
    write(root.join(".env"), SECRET).unwrap();
    write(root.join(".git/config"), SECRET).unwrap();
    write(root.join("%2e%2e"), "a name of percent signs").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;

        symlink("sub/b.txt", root.join("inside")).unwrap();
        symlink("sub", root.join("inside-dir")).unwrap();
        symlink("../secret.txt", root.join("outside")).unwrap();
        symlink("..", root.join("outside-dir")).unwrap();
        symlink(".env", root.join("hidden")).unwrap();
        symlink("a.txt", root.join(".link")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
    }
    let pages = [
        Page::html("/", "<script>1</script>"),
        Page::html("/help", "help"),
        Page::html("/@status", "status"),
    ];
    let files = Files::new(&pages).unwrap().with_docroot(&root, list).unwrap();
    (dir, files)
}

/// The status, headers and body of the answer to `method` on `target`.
async fn ask(
    files: &Files,
    method: &str,
    target: &str,
    headers: &[(http::HeaderName, &str)],
) -> (u16, HeaderMap, String) {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let Some(response) = files.respond(&parts, parts.uri.path()).await else {
        return (404, HeaderMap::new(), String::new());
    };
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn no_path_leads_out() {
    let (_dir, files) = site(true);
    #[rustfmt::skip] // a table
    let cases: &[(u16, &[&str])] = &[
        (200, &[
            "/", "/a.txt", "/a%20b.txt", "/caf%C3%A9.html", "/no-type", "/sub/", "/sub/b.txt",
            "/sub/deep/c.txt", "/%61.txt", "//a.txt", "/sub//b.txt", "/sub/./b.txt",
            "/sub/../a.txt", "/sub/%2e%2e/a.txt", "/indexed/", "/inside", "/inside-dir/b.txt",
            "/a.txt?x=../../secret.txt", "/%252e%252e", "/nowhere/../a.txt", "/.git/../a.txt",
            "/outside-dir/www/a.txt", // leads out and back in again
        ]),
        (308, &["/sub", "/indexed", "/inside-dir", "/sub/deep", "//sub", "/sub/../sub"]),
        (400, &[
            "/..", "/../secret.txt", "/%2e%2e/secret.txt", "/%2E%2E/secret.txt",
            "/.%2e/secret.txt", "/%2e./secret.txt", "/sub/../../secret.txt",
            "/..%2fsecret.txt", "/..%2Fsecret.txt", "/%2e%2e%2fsecret.txt", "/%2fetc%2fpasswd",
            "/sub%2fb.txt", "/..%5csecret.txt", "/%5c..%5csecret.txt", "/a.txt%00", "/%00",
            "/a.txt%00.html", "/%0d%0a", "/%7f", "/%", "/%2", "/%zz", "/%u002e%u002e/",
            "/%c0%ae%c0%ae/secret.txt", "/%c0%af", "/%ff", "/%e0%80%af", "/a/../..",
            "/../www-private/secret.txt", "/sub/deep/../../../secret.txt",
        ]),
        (404, &[
            "/secret.txt", "/nowhere", "/a.txt/", "/a.txt/b", "/sub/b.txt/", "/.env", "/.link", "/.git/",
            "/.git/config", "/sub/../.env", "/.../a.txt", "/....//secret.txt", "/outside",
            "/outside-dir/", "/outside-dir", "/outside-dir/secret.txt", "/hidden", "/loop", "/dangling", "/%252e%252e/secret.txt", "/..;/secret.txt",
            "/%e2%80%ae", "/A.TXT", "/a.txt.", "/etc/passwd", "/proc/self/environ", "/~root",
            "/a.txt%20",
        ]),
    ];
    let mut paths = 0;
    for (status, targets) in cases {
        for target in *targets {
            for method in ["GET", "HEAD"] {
                let (got, headers, body) = ask(&files, method, target, &[]).await;
                assert_eq!(got, *status, "{method} {target}");
                assert!(!body.contains(SECRET), "{method} {target}");
                let nosniff = headers.contains_key(X_CONTENT_TYPE_OPTIONS);
                assert!(nosniff || got == 404, "{method} {target}");
            }
            paths += 1;
        }
    }
    assert!(paths >= 80, "{paths}");
}

#[tokio::test]
async fn directories() {
    let (_dir, files) = site(true);
    let (_, headers, listing) = ask(&files, "GET", "/", &[]).await;
    assert!(headers.contains_key(CONTENT_SECURITY_POLICY));
    assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    let position = |name: &str| listing.find(&format!(">{name}</a>"));
    let order = ["empty/", "indexed/", "sub/", "a b.txt", "a.txt", "caf\u{e9}.html", "no-type"];
    assert!(order.windows(2).all(|pair| position(pair[0]) < position(pair[1])), "{listing}");
    assert!(position("empty/").is_some(), "{listing}");
    for hidden in [".env", ".git", ".link", "outside", "loop", "dangling", ">hidden<", "../"] {
        assert!(!listing.contains(hidden), "{hidden}: {listing}");
    }
    let (_, _, below) = ask(&files, "GET", "/sub/", &[]).await;
    assert!(below.contains("<a href=\"../\">../</a>"), "{below}");

    assert_eq!(ask(&files, "GET", "/indexed/", &[]).await.2, "the index");
    for (target, location) in [
        ("/sub", "/sub/"),
        ("//sub", "/sub/"),
        ("//evil.example/../sub", "/sub/"),
        ("/sub/./deep", "/sub/deep/"),
        ("/sub?a=1&b=/c", "/sub/?a=1&b=/c"),
    ] {
        let (_, headers, _) = ask(&files, "GET", target, &[]).await;
        assert_eq!(headers[LOCATION], location, "{target}");
    }

    let (_dir, files) = site(false);
    let (status, _, page) = ask(&files, "GET", "/", &[]).await;
    assert_eq!((status, page.contains("<script nonce=")), (200, true), "the built-in page");
    assert_eq!(ask(&files, "GET", "/empty/", &[]).await.0, 404);
    assert_eq!(ask(&files, "GET", "/empty", &[]).await.0, 308);
}

#[tokio::test]
async fn content() {
    let (_dir, files) = site(false);
    for (target, content_type) in [
        ("/a.txt", "text/plain; charset=utf-8"),
        ("/caf%C3%A9.html", "text/html; charset=utf-8"),
        ("/no-type", "application/octet-stream"),
    ] {
        let (_, headers, _) = ask(&files, "GET", target, &[]).await;
        assert_eq!(headers[CONTENT_TYPE], content_type, "{target}");
    }
    let (status, headers, body) = ask(&files, "GET", "/a.txt", &[]).await;
    assert_eq!((status, body.as_str()), (200, "0123456789"));
    assert_eq!(headers[ACCEPT_RANGES], "bytes");
    let modified = headers[LAST_MODIFIED].to_str().unwrap();
    let unchanged = ask(&files, "GET", "/a.txt", &[(IF_MODIFIED_SINCE, modified)]).await;
    assert_eq!((unchanged.0, unchanged.2.as_str()), (304, ""));
    let (_, headers, body) = ask(&files, "HEAD", "/a.txt", &[]).await;
    assert_eq!((headers[CONTENT_LENGTH].to_str().unwrap(), body.as_str()), ("10", ""));
}

#[tokio::test]
async fn ranges() {
    let (_dir, files) = site(false);
    for (range, status, content_range, content) in [
        ("bytes=0-0", 206, "bytes 0-0/10", "0"),
        ("bytes=2-4", 206, "bytes 2-4/10", "234"),
        ("bytes=8-", 206, "bytes 8-9/10", "89"),
        ("bytes=-3", 206, "bytes 7-9/10", "789"),
        ("bytes=10-", 416, "bytes */10", ""),
        ("bytes=18446744073709551615-", 416, "bytes */10", ""),
        ("bytes=5-2", 416, "bytes */10", ""),
    ] {
        let (got, headers, body) = ask(&files, "GET", "/a.txt", &[(RANGE, range)]).await;
        assert_eq!(got, status, "{range}");
        assert_eq!(headers[CONTENT_RANGE], content_range, "{range}");
        assert!(status != 206 || body == content, "{range}: {body}");
    }
    let many = (0..1_000).map(|i| format!("{}-{}", i % 10, i % 10)).collect::<Vec<_>>().join(",");
    let (status, _, body) =
        ask(&files, "GET", "/a.txt", &[(RANGE, &format!("bytes={many}"))]).await;
    assert_eq!((status, body.as_str()), (200, "0123456789"), "many ranges are none");
}

#[tokio::test]
async fn ranges_that_do_not_count() {
    let (_dir, files) = site(false);
    let tag = (IF_RANGE, "\"of another file\"");
    for (method, range, more) in [
        ("GET", "items=0-5", None),
        ("GET", "bytes", None),
        ("GET", "bytes=0-0", Some(tag)),
        ("HEAD", "bytes=0-0", None),
    ] {
        let fields: Vec<_> = [(RANGE, range)].into_iter().chain(more).collect();
        let (status, headers, body) = ask(&files, method, "/a.txt", &fields).await;
        assert_eq!((status, headers[CONTENT_LENGTH].to_str().unwrap()), (200, "10"), "{range}");
        assert!(body.len() == 10 || method == "HEAD", "{range}");
    }
}

#[tokio::test]
async fn other_methods_and_pages() {
    let (_dir, files) = site(false);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let (status, headers, _) = ask(&files, method, "/a.txt", &[]).await;
        assert_eq!((status, headers[ALLOW].to_str().unwrap()), (405, "GET, HEAD"), "{method}");
        assert_eq!(ask(&files, method, "/nowhere", &[]).await.0, 404, "{method}");
    }
    let (status, headers, body) = ask(&files, "GET", "/help", &[]).await;
    assert_eq!((status, body.as_str()), (200, "help"));
    assert!(headers.contains_key(CONTENT_SECURITY_POLICY));
    assert_eq!(ask(&files, "GET", "/help/", &[]).await.0, 404);
    for path in ["/@status", "/%40status"] {
        assert_eq!(ask(&files, "GET", path, &[]).await.2, "status", "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_regular_files() {
    let (dir, files) = site(true);
    let fifo = dir.path().join("www/fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let socket = dir.path().join("www/socket");
    let _listening = std::os::unix::net::UnixListener::bind(socket).unwrap();
    for target in ["/fifo", "/socket"] {
        let asked = ask(&files, "GET", target, &[]);
        let answered = tokio::time::timeout(std::time::Duration::from_secs(5), asked).await;
        assert_eq!(answered.unwrap().0, 404, "{target}");
    }
}

#[test]
fn a_docroot_is_a_directory() {
    let (dir, _) = site(false);
    let none = Files::default();
    assert!(none.clone().with_docroot(&dir.path().join("nowhere"), false).is_err());
    assert!(none.with_docroot(&dir.path().join("secret.txt"), false).is_err());
}
