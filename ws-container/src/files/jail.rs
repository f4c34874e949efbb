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
