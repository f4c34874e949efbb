//! S3, the file server beside the endpoints.

use std::fs;

use tempfile::TempDir;
use tests::http::{self, Response};
use tests::{RawClient, TestServer};
use ws_container::Container;

/// A docroot with something to read, and a secret beside it.
struct Site {
    server: TestServer,
    _folder: TempDir,
}

impl Site {
    fn with_index(index: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("sub folder")).unwrap();
        fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        fs::write(root.join("a.txt"), "0123456789").unwrap();
        fs::write(root.join("<b>&amp;.txt"), "odd").unwrap();
        fs::write(root.join("sub folder/page.html"), "<p>page").unwrap();
        fs::write(root.join(".hidden"), "hidden").unwrap();
        if let Some(index) = index {
            fs::write(root.join("index.html"), index).unwrap();
        }
        #[cfg(unix)]
        {
            let link = std::os::unix::fs::symlink::<std::path::PathBuf, std::path::PathBuf>;
            link(folder.path().join("secret.txt"), root.join("out")).unwrap();
        }
        let builder = Container::builder().discover().static_files(&root).list(true);
        Self { server: TestServer::of(builder), _folder: folder }
    }

    fn get(&self, path: &str, more: &str) -> Response {
        http::get(self.server.addr(), path, more)
    }
}

#[test]
fn s3_1_files_and_websockets_share_a_port() {
    let site = Site::with_index(None);
    assert_eq!(site.get("/a.txt", "").text(), "0123456789");
    RawClient::open(site.server.addr(), "/echo").assert_echo("on the same port");
}

#[test]
fn s3_8_folders_are_listed_with_escaped_names() {
    let site = Site::with_index(None);
    let listing = site.get("/", "");
    assert_eq!(listing.status, 200);
    assert_eq!(listing.header("content-type"), Some("text/html; charset=utf-8"));
    for name in ["a.txt", "sub folder", "&lt;b&gt;&amp;amp;.txt"] {
        assert!(listing.text().contains(name), "{name} in {}", listing.text());
    }
    for absent in ["<b>", ".hidden", "secret"] {
        assert!(!listing.text().contains(absent), "{absent} in {}", listing.text());
    }
    let sub = site.get("/sub%20folder/", "");
    assert!(sub.text().contains("page.html"), "{}", sub.text());
}

#[test]
fn s3_8_nothing_outside_the_docroot_is_served() {
    let site = Site::with_index(None);
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/sub%20folder/../../secret.txt",
        "/.%2e/secret.txt",
        "//secret.txt",
        "/..\\secret.txt",
        "/a.txt%00",
        "/out",
        "/.hidden",
        "/a.txt/",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/missing.txt",
    ] {
        let response = site.get(path, "");
        assert!(matches!(response.status, 400 | 403 | 404), "{path}: {}", response.status);
        assert!(!response.text().contains("secret"), "{path}");
    }
}

#[test]
fn s3_8_head_range_and_conditions_are_kept() {
    let site = Site::with_index(None);
    let addr = site.server.addr();
    let head = format!("HEAD /a.txt HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    let head = http::exchange(addr, head);
    assert_eq!((head.status, head.header("content-length")), (200, Some("10")));
    let part = site.get("/a.txt", "Range: bytes=2-4\r\n");
    assert_eq!((part.status, part.text()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    assert_eq!(site.get("/a.txt", "Range: bytes=20-\r\n").status, 416);
    let whole = site.get("/a.txt", "");
    assert!(whole.header("content-type").is_some_and(|found| found.starts_with("text/plain")));
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
    let changed = whole.header("last-modified").expect("a date");
    assert_eq!(site.get("/a.txt", &format!("If-Modified-Since: {changed}\r\n")).status, 304);
    let post = format!(
        "POST /a.txt HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(http::exchange(addr, post).status, 405);
}

#[test]
fn s3_9_an_index_is_served_instead_of_the_listing() {
    let site = Site::with_index(Some("<title>Ours</title>"));
    let index = site.get("/", "");
    assert_eq!(index.text(), "<title>Ours</title>");
    assert!(index.header("content-type").is_some_and(|found| found.starts_with("text/html")));
}

/// Row S3-18/19.
#[test]
fn s3_18_a_container_is_embedded_in_a_few_lines() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "embedded").unwrap();

    let served = runtime.block_on(async {
        Container::builder()
            .discover()
            .static_files(folder.path())
            .bind("127.0.0.1", 0)
            .build()?
            .start()
            .await
            .map_err(Box::<dyn std::error::Error>::from)
    });
    let served = served.expect("a container that serves");
    let addr = served.local_addrs()[0];
    assert_eq!(http::get(addr, "/", "").text(), "embedded");
    let mut client = RawClient::open(addr, "/echo");
    client.assert_echo("embedded");
    client.close(1000, "");
    assert_eq!(runtime.block_on(served.shutdown()), 0);
}
