//! A directory whose files may be read, and nothing outside it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::Backend;

/// Opens files below one directory. Symbolic links are followed as long as they stay below it;
/// only regular files open.
#[derive(Clone, Debug)]
pub(crate) struct Jail {
    root: PathBuf,
}

/// What a path below the directory is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    File,
    Directory,
}

fn not_found() -> io::Error {
    ErrorKind::NotFound.into()
}

impl Jail {
    /// # Errors
    ///
    /// When `root` is no directory or cannot be read.
    pub(crate) fn new(root: &Path) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        if !fs::metadata(&root)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Self { root })
    }

    /// The directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What `path` is once links are followed, `None` unless it is below the directory and not
    /// hidden there. Blocks.
    pub(crate) fn look(&self, path: &Path) -> Option<Found> {
        let metadata = self.metadata_of(path).ok()?.1;
        match metadata.file_type() {
            kind if kind.is_file() => Some(Found::File),
            kind if kind.is_dir() => Some(Found::Directory),
            _ => None,
        }
    }

    /// The real path of `path` and what it is, when that is below the directory and not hidden.
    fn metadata_of(&self, path: &Path) -> io::Result<(PathBuf, Metadata)> {
        let real = fs::canonicalize(path)?;
        let below = real.strip_prefix(&self.root).map_err(|_| not_found())?;
        if below.iter().any(|name| name.as_encoded_bytes().starts_with(b".")) {
            return Err(not_found());
        }
        let metadata = fs::symlink_metadata(&real)?;
        Ok((real, metadata))
    }

    /// Opens `path`. Checks after opening, so that nobody can swap a link in between. Blocks.
    fn open_file(&self, path: &Path) -> io::Result<JailedFile> {
        let mut options = OpenOptions::new();
        options.read(true);
        // Opening a FIFO without a writer would wait for one.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        let (_, real) = self.metadata_of(path)?;
        if !metadata.is_file() || !is_same(&metadata, &real) {
            return Err(not_found());
        }
        Ok(JailedFile { file: File::into(file), metadata })
    }
}

/// Whether both describe the same file.
#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Whether both may describe the same file: there is no stable number to compare here.
#[cfg(not(unix))]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    a.file_type() == b.file_type() && a.len() == b.len() && a.created().ok() == b.created().ok()
}

/// Runs `work` where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

type IoFuture<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl Backend for Jail {
    type File = JailedFile;
    type Metadata = Metadata;
    type OpenFuture = IoFuture<JailedFile>;
    type MetadataFuture = IoFuture<Metadata>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let jail = self.clone();
        Box::pin(blocking(move || jail.open_file(&path)))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let jail = self.clone();
        Box::pin(blocking(move || {
            let (_, metadata) = jail.metadata_of(&path)?;
            if metadata.is_file() { Ok(metadata) } else { Err(not_found()) }
        }))
    }
}

/// A regular file below the directory, open.
#[derive(Debug)]
pub(crate) struct JailedFile {
    file: tokio::fs::File,
    metadata: Metadata,
}

impl AsyncRead for JailedFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_read(cx, buf)
    }
}

impl AsyncSeek for JailedFile {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.file).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.file).poll_complete(cx)
    }
}

impl tower_http::services::fs::File for JailedFile {
    type Metadata = Metadata;
    type MetadataFuture<'a> = std::future::Ready<io::Result<Metadata>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        std::future::ready(Ok(self.metadata.clone()))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    /// Each step refuses by itself what is no regular file, and opening it waits for nobody.
    #[tokio::test]
    async fn only_a_regular_file_is_found_described_and_opened() {
        let dir = tempfile::tempdir().unwrap();
        let (fifo, file) = (dir.path().join("fifo"), dir.path().join("file"));
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        fs::write(&file, "file").unwrap();
        let jail = Jail::new(dir.path()).unwrap();
        assert_eq!((jail.look(&fifo), jail.look(&file)), (None, Some(Found::File)));
        assert!(
            jail.metadata(fifo.clone()).await.is_err() && jail.metadata(file.clone()).await.is_ok()
        );
        let opened = tokio::time::timeout(Duration::from_secs(5), jail.open(fifo.clone())).await;
        if opened.is_err() {
            // So that the thread that waits for a writer ends.
            OpenOptions::new().write(true).open(&fifo).unwrap();
        }
        assert!(opened.unwrap().is_err() && jail.open(file).await.is_ok());
    }

    /// What is served is what was judged, also when somebody turns a link round meanwhile.
    #[test]
    fn a_link_that_is_swapped_leads_to_no_file_outside() {
        let dir = tempfile::tempdir().unwrap();
        let (root, secret) = (dir.path().join("www"), dir.path().join("secret"));
        fs::create_dir(&root).unwrap();
        let (inside, link) = (root.join("inside"), root.join("link"));
        for file in [&inside, &secret] {
            fs::write(file, "file").unwrap();
        }
        symlink(&inside, &link).unwrap();
        let (jail, secret_ino) = (Jail::new(&root).unwrap(), fs::metadata(&secret).unwrap().ino());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let next = root.join("next");
                for target in [&secret, &inside].into_iter().cycle() {
                    symlink(target, &next).unwrap();
                    fs::rename(&next, &link).unwrap();
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
            let opened: Vec<_> = (0..5_000).map(|_| jail.open_file(&link)).collect();
            done.store(true, Ordering::Relaxed);
            let (served, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
            assert!(!served.is_empty() && !refused.is_empty(), "nothing was swapped");
            let outside = served.iter().flatten().filter(|it| it.metadata.ino() == secret_ino);
            assert_eq!(outside.count(), 0, "of {}", served.len());
        });
    }
}
