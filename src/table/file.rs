//! Tables in files: mapped into memory to read, replaced whole to write. The only place with `unsafe`, so what asks for
//! instructions of the processor stands here, too.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use maybe_dangling::MaybeDangling;
use memmap2::Mmap;

use super::layout::{ALIGN, BLOCK};
use super::line::BEHIND;
use super::names::{NEAR, SLOT};
use super::view::{Damage, Verify, View, Word, number};

/// What is no file, such as a pipe, need not end: it is read up to so many bytes.
const PIPE: u64 = 1 << 30;

/// The bytes of a table: owned, or those of a file.
#[derive(Debug)]
pub enum Bytes {
    /// In memory, behind what makes them begin with a cache line.
    Owned(Vec<u8>, usize),
    /// Mapped: pages are read as they are touched.
    Mapped(Mmap),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Bytes::Owned(bytes, start) => bytes.get(*start..).unwrap_or(&[]),
            Bytes::Mapped(map) => map,
        }
    }
}

impl Bytes {
    /// Bytes in memory, so that a record of a line lies in one.
    pub fn owned(bytes: &[u8]) -> Bytes {
        let mut held: Vec<u8> = Vec::with_capacity(bytes.len() + ALIGN);
        let start = held.as_ptr().align_offset(ALIGN).min(ALIGN);
        held.resize(start, 0);
        held.extend_from_slice(bytes);
        Bytes::Owned(held, start)
    }

    /// Maps a file; where that cannot be done (a pipe, an empty file) it is read.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn open(path: &Path) -> io::Result<Bytes> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() || meta.len() == 0 {
            let mut bytes = Vec::new();
            file.take(PIPE + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > PIPE {
                return Err(io::Error::other(format!("it has no end within {PIPE} bytes; give a file instead")));
            }
            return Ok(Bytes::owned(&bytes));
        }
        // SAFETY: the map is only read, and only as bytes, of which every value is valid. A file that another process
        // shortens or writes into while it is mapped is outside of what a reader can prevent: `write` never does either
        // (it renames a new file over the old one, whose bytes stay mapped), and `docs/table.md` says so to others.
        match unsafe { Mmap::map(&file) } {
            Ok(map) => Ok(Bytes::Mapped(map)),
            Err(_) => std::fs::read(path).map(|b| Bytes::owned(&b)),
        }
    }
}

impl Bytes {
    /// Tells the operating system how they will be read; it may not care.
    fn advise(&self, wanted: Wanted) {
        #[cfg(unix)]
        if let Bytes::Mapped(map) = self {
            let _ = map.advise(match wanted {
                Wanted::HereAndThere => memmap2::Advice::Random,
                Wanted::Throughout => memmap2::Advice::Sequential,
            });
        }
        #[cfg(not(unix))]
        let _ = wanted;
    }
}

/// How a file will be read.
#[derive(Clone, Copy)]
enum Wanted {
    /// What lies around a page is not wanted: a first answer is there five times as early from a cold file, and the
    /// pages around do not count as the process's memory.
    HereAndThere,
    /// From one end to the other.
    Throughout,
}

/// A view together with the bytes that it looks at: a check then begins with the sections found, which halves its time.
#[derive(Debug)]
pub struct Held {
    /// A table that is given away may be dropped by whom it is given to. References that come as arguments promise to
    /// be good until the call ends, and those of the view end with the bytes: it is kept so that it promises nothing.
    view: MaybeDangling<View<'static>>,
    /// Behind the view, so that it is dropped after it; and never handed out or changed.
    _bytes: Bytes,
}

impl Held {
    /// Looks at the bytes.
    ///
    /// # Errors
    /// Those of [`View::new`].
    pub fn new(bytes: Bytes, verify: Verify) -> Result<Held, Damage> {
        if verify == Verify::Touch {
            bytes.advise(Wanted::HereAndThere);
        }
        let all = bytes.as_ref();
        // SAFETY: the bytes of a vector or a map stay where they are when their owner moves; the owner is kept here,
        // unchanged, for as long as the view; and `view` hands it out for no longer than this value is borrowed.
        let all: &'static [u8] = unsafe { std::slice::from_raw_parts(all.as_ptr(), all.len()) };
        Ok(Held { view: MaybeDangling::new(View::new(all, verify)?), _bytes: bytes })
    }

    /// Compares every block with its checksum.
    ///
    /// # Errors
    /// The first block that differs.
    pub fn verify(&self) -> Result<(), Damage> {
        self._bytes.advise(Wanted::Throughout);
        let verified = self.view.verify();
        self._bytes.advise(Wanted::HereAndThere);
        verified
    }

    /// The view.
    #[inline(always)]
    pub fn view(&self) -> &View<'_> {
        &self.view
    }
}

/// Asks the processor to bring a byte's cache line near: a hint that changes nothing but the time.
#[inline(always)]
pub fn prefetch(bytes: &[u8], at: usize) {
    let Some(byte) = bytes.get(at) else { return };
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that a program could see and never faults, and the byte is there.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = byte;
}

/// Which words of a line are the user, and which are one of its groups, as bits.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn same(words: &[Word; BEHIND], user: u32, groups: &[Word]) -> (u32, u32) {
    // SAFETY: every processor of this architecture has SSE2, and the function is safe but for that.
    unsafe { same_by_fours(words, user, groups) }
}

/// Compares four words at once: the fewer instructions there are, the more checks a processor has under way while it waits
/// for lines.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn same_by_fours(words: &[Word; BEHIND], user: u32, groups: &[Word]) -> (u32, u32) {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi32, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_packs_epi16, _mm_packs_epi32,
        _mm_set1_epi32, _mm_setzero_si128,
    };
    const { assert!(BEHIND == 12) };
    let at = words.as_ptr().cast::<__m128i>();
    // SAFETY: twelve words are three times sixteen bytes, which may begin anywhere.
    let (low, middle, high) = unsafe { (_mm_loadu_si128(at), _mm_loadu_si128(at.add(1)), _mm_loadu_si128(at.add(2))) };
    let none = _mm_setzero_si128();
    let bits = |low: __m128i, middle: __m128i, high: __m128i| {
        let bytes = _mm_packs_epi16(_mm_packs_epi32(low, middle), _mm_packs_epi32(high, none));
        _mm_movemask_epi8(bytes).cast_unsigned()
    };
    let (mut of_low, mut of_middle, mut of_high) = (none, none, none);
    for group in groups {
        let group = _mm_set1_epi32(number(group).cast_signed());
        of_low = _mm_or_si128(of_low, _mm_cmpeq_epi32(low, group));
        of_middle = _mm_or_si128(of_middle, _mm_cmpeq_epi32(middle, group));
        of_high = _mm_or_si128(of_high, _mm_cmpeq_epi32(high, group));
    }
    let user = _mm_set1_epi32(user.cast_signed());
    let of_user = bits(_mm_cmpeq_epi32(low, user), _mm_cmpeq_epi32(middle, user), _mm_cmpeq_epi32(high, user));
    (of_user, bits(of_low, of_middle, of_high))
}

/// Which words of a line are the user, and which are one of its groups, as bits.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub fn same(words: &[Word; BEHIND], user: u32, groups: &[Word]) -> (u32, u32) {
    let bits = |who: u32| (0..BEHIND).fold(0, |bits, i| bits | u32::from(number(&words[i]) == who) << i);
    (bits(user), groups.iter().fold(0, |all, group| all | bits(number(group))))
}

/// Which slots of an index have a tag, as bits.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn tagged(slots: &[Word; NEAR * SLOT], tag: u32) -> u32 {
    // SAFETY: every processor of this architecture has SSE2, and the function is safe but for that.
    unsafe { tagged_by_fours(slots, tag) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn tagged_by_fours(slots: &[Word; NEAR * SLOT], tag: u32) -> u32 {
    use std::arch::x86_64::{
        __m128i, _mm_castps_si128, _mm_castsi128_ps, _mm_cmpeq_epi32, _mm_loadu_si128, _mm_movemask_epi8, _mm_packs_epi16,
        _mm_packs_epi32, _mm_set1_epi32, _mm_setzero_si128, _mm_shuffle_ps,
    };
    const { assert!(NEAR * SLOT == 16 && SLOT == 2) };
    let at = slots.as_ptr().cast::<__m128i>();
    // SAFETY: sixteen words are four times sixteen bytes, which may begin anywhere.
    let pairs = unsafe { [0, 1, 2, 3].map(|i| _mm_castsi128_ps(_mm_loadu_si128(at.add(i)))) };
    let tag = _mm_set1_epi32(tag.cast_signed());
    let same = |a, b| _mm_cmpeq_epi32(_mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(a, b)), tag);
    let all = _mm_packs_epi32(same(pairs[0], pairs[1]), same(pairs[2], pairs[3]));
    _mm_movemask_epi8(_mm_packs_epi16(all, _mm_setzero_si128())).cast_unsigned()
}

/// Which slots of an index have a tag, as bits.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub fn tagged(slots: &[Word; NEAR * SLOT], tag: u32) -> u32 {
    (0..NEAR).fold(0, |bits, i| bits | u32::from(number(&slots[i * SLOT]) == tag) << i)
}

/// Replaces a file by new bytes: readers see the old ones or the new ones, whole, also after the power fails. A link to it stays, and
/// what is no file is written to.
///
/// # Errors
/// Those of the operating system; the old file then stays.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let real = path.canonicalize().ok();
    let path = real.as_deref().unwrap_or(path);
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return std::fs::OpenOptions::new().append(true).open(path)?.write_all(bytes);
    }
    let file = beside(path, bytes, 0o666)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The name is safe only once the folder is: some systems cannot do that, and have no need to.
    let _ = File::open(folder(path)).and_then(|f| f.sync_all());
    Ok(())
}

/// Replaces a file of which the loss does not matter: readers see the old bytes or the new ones, whole.
///
/// # Errors
/// Those of the operating system; the old file then stays.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    beside(path, bytes, 0o600)?.persist(path).map(drop).map_err(|e| e.error)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg_attr(not(unix), allow(unused_variables, reason = "only Unix has modes"))]
fn beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".roomkey-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let there = std::fs::metadata(path).map(|m| m.permissions());
        builder.permissions(there.unwrap_or(std::fs::Permissions::from_mode(mode)));
    }
    let mut file = builder.tempfile_in(folder(path))?;
    // What is written at once the system may keep in one large page, and a reader of a byte then has all of it mapped: a
    // check of a gigabyte had 28 MB instead of 10.
    bytes.chunks(BLOCK).try_for_each(|block| file.write_all(block))?;
    Ok(file)
}
