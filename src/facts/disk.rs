//! Data files on disk: inside the folders of the policy set, and unpacked.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{FactFiles, Unread};
use crate::source::{FileId, Source};

/// A compressed file may unpack to this many bytes, since a few kilobytes can say gigabytes.
const UNPACKED: u64 = 2 << 30;

/// The folders of a policy set, and the paths of its files.
#[derive(Debug, Default)]
pub struct Disk {
    roots: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Disk {
    /// Data files may lie in `roots` and below; `files` are the paths of the policy files, in the order of their ids.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>, files: Vec<PathBuf>) -> Disk {
        let roots = roots.into_iter().map(|root| if root.as_os_str().is_empty() { PathBuf::from(".") } else { root });
        Disk { roots: roots.filter_map(|root| root.canonicalize().ok()).collect(), files }
    }

    /// The paths of the policy files, in the order of their ids.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Whether a file lies in the folders, wherever links to it may be.
    pub fn holds(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|real| self.roots.iter().any(|root| real.starts_with(root)))
    }

    /// The real path of a data file, which links cannot lead out of the folders.
    fn find(&self, from: FileId, path: &str, name: &str) -> Result<PathBuf, Unread> {
        let policy = self.files.get(from.0 as usize).map_or(Path::new(""), |file| file);
        let folder = policy.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(|e| unreadable(name, &e))?;
        let inside = |path: &Path| self.roots.iter().any(|root| path.starts_with(root));
        let outside = |how: &str| {
            let help = "put the file into the folder of the policy, next to `roomkey.toml` or below";
            Unread::new(format!("`{path}` {how} out of the folder of the policy")).help(help)
        };
        let plain = walked(&folder, path);
        if !inside(&plain) {
            return Err(outside("leads"));
        }
        let real = plain.canonicalize().map_err(|e| unreadable(name, &e))?;
        if inside(&real) { Ok(real) } else { Err(outside("is a link that leads")) }
    }
}

impl FactFiles for Disk {
    fn read(&self, from: FileId, path: &str, name: &str) -> Result<String, Unread> {
        let real = self.find(from, path, name)?;
        let meta = fs::metadata(&real).map_err(|e| unreadable(name, &e))?;
        if !meta.is_file() {
            return Err(Unread::new(format!("`{name}` is no file")));
        }
        let compressed = matches!(path.rsplit_once('.'), Some((_, "gz" | "zst")));
        if !compressed && meta.len() > Source::LIMIT as u64 {
            return Err(too_large(name, "4 GiB"));
        }
        text(path, name, open(&real, name)?)
    }
}

/// The text of a data file, unpacked by the ending of its path.
pub(crate) fn text(path: &str, name: &str, mut source: impl BufRead) -> Result<String, Unread> {
    let bytes = match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "gz" => unpacked(name, unzip(source))?,
        "zst" => unpacked(name, unzst(source))?,
        _ => {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes).map_err(|e| unreadable(name, &e))?;
            bytes
        }
    };
    if bytes.len() > Source::LIMIT {
        return Err(too_large(name, "4 GiB"));
    }
    String::from_utf8(bytes).map_err(|e| not_text(name, e.as_bytes(), e.utf8_error().valid_up_to()))
}

/// A path from a real folder, its `..` taken literally.
pub(crate) fn walked(folder: &Path, path: &str) -> PathBuf {
    let mut out = folder.to_path_buf();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::Normal(name) => out.push(name),
            _ => {}
        }
    }
    out
}

fn unzip(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(source).take(UNPACKED + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Every frame of a Zstandard stream; those that hold no data are passed over.
fn unzst(mut source: impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut decoder = FrameDecoder::new();
    while !source.fill_buf()?.is_empty() && bytes.len() as u64 <= UNPACKED {
        match decoder.reset(&mut source) {
            Ok(()) => frame(&mut decoder, &mut source, &mut bytes)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                io::copy(&mut source.by_ref().take(u64::from(length)), &mut io::sink())?;
            }
            Err(e) => return Err(io::Error::other(e)),
        }
    }
    Ok(bytes)
}

fn frame(decoder: &mut FrameDecoder, source: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<()> {
    while !decoder.is_finished() && bytes.len() as u64 <= UNPACKED {
        decoder.decode_blocks(&mut *source, BlockDecodingStrategy::UptoBytes(1 << 20)).map_err(io::Error::other)?;
        decoder.collect_to_writer(&mut *bytes)?;
    }
    let sum = decoder.get_checksum_from_data();
    if decoder.is_finished() && sum.is_some() && sum != decoder.get_calculated_checksum() {
        return Err(io::Error::other("its checksum is wrong"));
    }
    Ok(())
}

fn open(path: &Path, name: &str) -> Result<BufReader<File>, Unread> {
    File::open(path).map(BufReader::new).map_err(|e| unreadable(name, &e))
}

fn unpacked(name: &str, bytes: io::Result<Vec<u8>>) -> Result<Vec<u8>, Unread> {
    let bytes = bytes.map_err(|e| Unread::new(format!("cannot unpack `{name}`: {}", reason(&e))))?;
    if bytes.len() as u64 > UNPACKED { Err(too_large(name, "2 GiB once it is unpacked")) } else { Ok(bytes) }
}

pub(super) fn too_large(name: &str, bound: &str) -> Unread {
    Unread::new(format!("`{name}` is too large: a data file has less than {bound}"))
        .help("split it, and name each part in a `facts` statement of its own")
}

fn not_text(name: &str, bytes: &[u8], offset: usize) -> Unread {
    let line = bytes[..offset].iter().filter(|b| **b == b'\n').count() + 1;
    Unread::new(format!("`{name}` is not UTF-8 at byte {offset}, in line {line}")).help("save the file as UTF-8")
}

fn unreadable(name: &str, error: &io::Error) -> Unread {
    if error.kind() == io::ErrorKind::NotFound {
        let help = "the path is relative to the file that names it";
        return Unread::new(format!("there is no file `{name}`")).help(help);
    }
    Unread::new(format!("cannot read `{name}`: {}", reason(error)))
}

/// The reason of a failure in lower case, without the number of the operating system.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or("").to_lowercase()
}
