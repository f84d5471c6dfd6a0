//! Tables as files: refused or harmless when damaged, the same bytes every time, replaced under a reader.

pub mod doors;
mod mutations;
mod named;
mod page;
mod policies;
mod reseal;
mod summed;

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use roomkey::table::decide::Resource;
use roomkey::table::file;
use roomkey::table::layout::{DIGEST, MAJOR, MINOR, PAGE, SECTIONS, header};
use roomkey::table::view::Damage;
use roomkey::table::{OpenError, SignIn};
use roomkey::{Answer, Checker, Policy, Question, Table};

use crate::reference::chance::Chance;
use policies::Case;
use reseal::{long, reseal, word};

/// Every answer, with its reason; `None` where there is none.
fn answers(table: &Table, questions: &[Question]) -> Vec<Option<Answer>> {
    let mut checker = Checker::new(table);
    questions.iter().map(|q| checker.check(q).ok()).collect()
}

/// Fails where a table gives another answer than the sound one: an error is no answer, and never an allow.
fn same_or_none(table: &Table, questions: &[Question], right: &[Option<Answer>], what: &str) {
    for ((answer, right), question) in answers(table, questions).iter().zip(right).zip(questions) {
        assert!(answer.is_none() || answer == right, "{what}: {question:?}\n{answer:?}\n{right:?}");
    }
}

fn table_of(case: &Case) -> Vec<u8> {
    case.policy().table().bytes().to_vec()
}

fn questions_of(case: &Case, count: usize) -> Vec<Question> {
    case.questions(&mut Chance::new(3), count)
}

/// A file whose bytes change one at a time.
struct Changed {
    file: tempfile::NamedTempFile,
}

impl Changed {
    fn new(bytes: &[u8]) -> Changed {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(bytes).expect("it is written");
        Changed { file }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.file.seek(SeekFrom::Start(at as u64)).and_then(|_| self.file.write_all(bytes)).expect("it is written");
    }

    fn open(&self) -> Result<Table, OpenError> {
        Table::open(self.file.path())
    }
}

#[test]
fn every_flipped_bit_is_refused_or_harmless() {
    let case = policies::lobby();
    let bytes = table_of(&case);
    let questions = questions_of(&case, 20);
    let right = answers(&Table::from_bytes(bytes.clone()).expect("it is sound"), &questions);
    assert!(right.iter().flatten().any(Answer::allowed) && right.iter().flatten().any(|a| !a.allowed()));
    let mut changed = bytes.clone();
    let mut lazy = Changed::new(&bytes);
    for bit in 0..8 * bytes.len() {
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(Table::from_bytes(changed.clone()).is_err(), "bit {bit} is under no checksum");
        lazy.put(bit / 8, &changed[bit / 8..=bit / 8]);
        if let Ok(table) = lazy.open() {
            same_or_none(&table, &questions, &right, "a flipped bit");
            assert!(table.verify().is_err(), "bit {bit} is under no checksum");
        }
        changed[bit / 8] = bytes[bit / 8];
        lazy.put(bit / 8, &bytes[bit / 8..=bit / 8]);
    }
}

#[test]
fn a_flipped_bit_of_many_blocks_is_found_where_it_is_touched() {
    for case in policies::large() {
        let bytes = table_of(&case);
        let questions = questions_of(&case, 40);
        let right = answers(&Table::from_bytes(bytes.clone()).expect("it is sound"), &questions);
        let (mut lazy, mut harmless, mut refused) = (Changed::new(&bytes), 0, 0);
        let mut chance = Chance::new(5);
        for _ in 0..60 {
            let at = chance.below(bytes.len());
            lazy.put(at, &[bytes[at] ^ 1 << chance.below(8)]);
            if let Ok(table) = lazy.open() {
                same_or_none(&table, &questions, &right, case.about);
                let all = answers(&table, &questions) == right;
                (harmless, refused) = (harmless + usize::from(all), refused + usize::from(!all));
                assert!(table.verify().is_err(), "byte {at} is under no checksum");
            }
            assert!(Table::open_verified(lazy.file.path()).is_err(), "byte {at} is under no checksum");
            lazy.put(at, &bytes[at..=at]);
        }
        println!("{}: {} bytes, {harmless} flips untouched, {refused} found", case.about, bytes.len());
    }
}

#[test]
fn a_table_cut_or_longer_is_refused() {
    let bytes = table_of(&policies::lobby());
    for length in 0..bytes.len() {
        assert!(Table::from_bytes(&bytes[..length]).is_err(), "cut to {length} bytes");
        if length % 61 == 0 {
            assert!(Changed::new(&bytes[..length]).open().is_err(), "cut to {length} bytes");
        }
    }
    for more in [1, 31, 64, 4096, 1 << 16] {
        let longer = [&bytes[..], &vec![0; more]].concat();
        assert!(Table::from_bytes(longer.clone()).is_err(), "longer by {more} bytes");
        assert!(Changed::new(&longer).open().is_err(), "longer by {more} bytes");
    }
}

#[test]
fn what_is_no_table_is_refused_and_says_so() {
    let mut chance = Chance::new(1);
    let mut noise = |length: usize| (0..length).map(|_| chance.below(256) as u8).collect::<Vec<u8>>();
    let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), noise(9000)].concat();
    let text = "use liveblocks  room lobby { default can read }\n".repeat(500).into_bytes();
    for other in [Vec::new(), b"x".to_vec(), vec![0; 70_000], noise(100), noise(200_000), png, text] {
        let error = Table::from_bytes(other.clone()).expect_err("it is no table");
        assert_eq!(error.to_string(), "this is no compiled policy: it does not begin with the mark of one");
        assert!(matches!(Changed::new(&other).open(), Err(OpenError::Damage(Damage::NotATable))));
    }
    assert!(matches!(Table::open("no/such/table.rkb"), Err(OpenError::Read(_))));
    assert!(matches!(Table::open("src"), Err(OpenError::Read(_))), "a folder is no table");
}

#[test]
fn a_table_cut_within_its_header_says_that_it_is_damaged() {
    let bytes = table_of(&policies::lobby());
    for length in [8, 100, PAGE - 1] {
        let error = Table::from_bytes(&bytes[..length]).expect_err("it is cut");
        assert_eq!(error.to_string(), "the header of the table is damaged", "cut to {length} bytes");
    }
}

#[test]
fn another_major_version_is_a_clear_error() {
    let mut bytes = table_of(&policies::lobby());
    bytes[header::MAJOR..header::MAJOR + 2].copy_from_slice(&(MAJOR + 1).to_le_bytes());
    for sealed in [false, true] {
        if sealed {
            reseal(&mut bytes);
        }
        let error = Table::from_bytes(bytes.clone()).expect_err("a later version").to_string();
        assert_eq!(error, format!("the table has format {}.{MINOR}, and this version reads format {MAJOR}", MAJOR + 1));
    }
}

#[test]
fn a_later_minor_version_with_a_section_more_is_read() {
    for case in policies::small() {
        let bytes = table_of(&case);
        let questions = questions_of(&case, 60);
        let right = answers(&Table::from_bytes(bytes.clone()).expect("it is sound"), &questions);
        let later = with_section(&bytes, SECTIONS.len() as u32 + 7, b"what a later version adds");
        let table = Table::from_bytes(later.clone()).expect("a later minor version is read");
        assert_eq!(answers(&table, &questions), right, "{}", case.about);
        assert_eq!(answers(&Changed::new(&later).open().expect("it is read"), &questions), right, "{}", case.about);
        assert_eq!(table.format(), (MAJOR, 9));
    }
}

/// The table with one section more, and a later minor version.
fn with_section(bytes: &[u8], number: u32, content: &[u8]) -> Vec<u8> {
    let (length, directory, count) = (word(bytes, header::LENGTH), long(bytes, header::DIRECTORY), word(bytes, header::SECTIONS));
    let mut later = bytes[..directory].to_vec();
    let line = header::TABLE + count * header::LINE;
    later[line..line + 4].copy_from_slice(&number.to_le_bytes());
    later[line + 8..line + 16].copy_from_slice(&(directory as u64).to_le_bytes());
    later[line + 16..line + 24].copy_from_slice(&(content.len() as u64).to_le_bytes());
    later.extend_from_slice(content);
    later.resize(later.len().next_multiple_of(64), 0);
    let directory = later.len();
    let blocks = directory.div_ceil(1 << 16);
    assert!(line + header::LINE + DIGEST <= length - DIGEST, "the header has room");
    later.resize(directory + blocks * DIGEST, 0);
    later[header::MINOR..header::MINOR + 2].copy_from_slice(&9u16.to_le_bytes());
    later[header::SECTIONS..header::SECTIONS + 4].copy_from_slice(&(count as u32 + 1).to_le_bytes());
    later[header::DIRECTORY..header::DIRECTORY + 8].copy_from_slice(&(directory as u64).to_le_bytes());
    let file = later.len() as u64;
    later[header::FILE..header::FILE + 8].copy_from_slice(&file.to_le_bytes());
    reseal(&mut later);
    later
}

#[test]
fn the_same_policy_gives_the_same_bytes_on_any_number_of_threads() {
    for case in policies::small().into_iter().chain(policies::large()) {
        let bytes = table_of(&case);
        for threads in [1, 2, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
            let again = pool.install(|| table_of(&case));
            assert!(again == bytes, "{} with {threads} threads differs", case.about);
        }
    }
}

#[test]
fn a_folder_gives_the_same_bytes_whichever_file_was_made_first() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let texts = [("a.rk", "use liveblocks"), ("b.rk", "group g { user ann }"), ("m/c.rk", "room r { group g can read }")];
    let made = |order: [usize; 3]| {
        let path = folder.path().join("policy");
        fs::create_dir_all(path.join("m")).expect("a folder");
        order.iter().for_each(|i| fs::write(path.join(texts[*i].0), texts[*i].1).expect("a file"));
        let bytes = Policy::load(&path).expect("it is sound").into_table().bytes().to_vec();
        fs::remove_dir_all(&path).expect("the folder goes");
        bytes
    };
    let bytes = made([0, 1, 2]);
    assert!(bytes == made([2, 1, 0]) && bytes == made([1, 2, 0]));
}

#[test]
fn replacing_a_table_leaves_its_reader_with_the_old_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("policy.rkb");
    let (old, new) = (policies::large().remove(3), policies::everything());
    let questions = [questions_of(&old, 100), questions_of(&new, 100)].concat();
    file::write(&path, &table_of(&old)).expect("it is written");
    let reader = Table::open(&path).expect("it is sound");
    let before = answers(&Table::from_bytes(table_of(&old)).expect("it is sound"), &questions);
    file::write(&path, &table_of(&new)).expect("it is replaced");
    assert_eq!(answers(&reader, &questions), before, "what was not touched before is still the old one");
    assert!(reader.verify().is_ok());
    let after = answers(&Table::open(&path).expect("it is sound"), &questions);
    assert_eq!(after, answers(&Table::from_bytes(table_of(&new)).expect("it is sound"), &questions));
    assert_ne!(before, after);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is left beside the table");
}

#[test]
fn a_table_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Table>();
    shared::<SignIn<'static>>();
    shared::<Checker<'static>>();
    let case = policies::everything();
    let (lazy, questions) = (Changed::new(&table_of(&case)), questions_of(&case, 300));
    let table = lazy.open().expect("it is sound");
    let right = answers(case.policy().table(), &questions);
    std::thread::scope(|scope| {
        (0..4).for_each(|_| {
            scope.spawn(|| assert_eq!(answers(&table, &questions), right));
        });
    });
}

#[test]
fn numbers_of_another_table_are_no_panic() {
    let cases = policies::small();
    let tables: Vec<Table> = cases.iter().map(|c| c.policy().into_table()).collect();
    let now = roomkey::Instant::now();
    for (mine, other) in tables.iter().flat_map(|mine| tables.iter().map(move |other| (mine, other))) {
        let resources: Vec<Resource<'_>> = (0..mine.kinds().len() as u32)
            .flat_map(|kind| mine.resources(kind))
            .map(|id| Resource::Declared(id.expect("it is sound")))
            .chain(mine.kind("room").and_then(|k| mine.resource(k, "design:x").expect("it is sound")))
            .collect();
        for (kind, k) in (0..).zip(mine.kinds()) {
            for permission in k.permissions().filter_map(|text| mine.permission(kind, &text)) {
                let stranger = other.sign_in_with(None, &[]).expect("it is sound");
                resources.iter().for_each(|on| {
                    let _ = other.check(&stranger, permission, *on, now);
                });
            }
        }
        if let Some(user) = mine.user("ann").expect("it is sound") {
            drop(other.sign_in(user).ok());
        }
    }
}

#[test]
fn a_list_of_resources_says_where_it_is_damaged() {
    let case = policies::large().remove(3);
    let bytes = table_of(&case);
    let room = case.policy().table().kind("room").expect("there are rooms");
    let count = |table: &Table| table.resources(room).filter(Result::is_ok).count();
    let mut changed = Changed::new(&bytes);
    assert_eq!(count(&changed.open().expect("it is sound")), 3_000);
    let places = long(&bytes, header::TABLE + 6 * header::LINE + 8) + 70_000;
    changed.put(places, &[bytes[places] ^ 1]);
    let table = changed.open().expect("the door is sound");
    assert!(count(&table) < 3_000);
    assert!(table.resources(room).last().is_some_and(|last| last.is_err()), "it does not just end");
}

#[test]
fn many_groups_named_at_sign_in_cost_what_they_are() {
    let groups: String = (0..30_000).map(|i| format!("group g{i}\n")).collect();
    let policy = Policy::from_texts([("groups.rk".into(), groups + "use liveblocks room r { group g7 can read }")]);
    let table = policy.expect("it is sound").into_table();
    let ids = (0..30_000).map(|i| table.group(&format!("g{i}")).expect("it is sound").expect("it is there"));
    let ids: Vec<_> = ids.collect();
    let named = ids.iter().cycle().take(1_000_000).copied().collect::<Vec<_>>();
    let started = std::time::Instant::now();
    assert!(table.sign_in_with(None, &named).is_ok());
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn a_role_takes_as_much_room_as_it_says() {
    let flats: Vec<String> = (0..2_000).map(|i| format!("p{i}")).collect();
    let mut text = format!("kind board {{ permissions {} }} board b\n", flats.join(", "));
    (0..500).for_each(|i| text += &format!("role r{i} {{ can p{i} }} assign r{i} to user u{i} in board b\n"));
    let table = Policy::from_texts([("roles.rk".into(), text)]).expect("it is sound").into_table();
    let sets = table.sizes().into_iter().find(|s| s.name == "sets").expect("there are sets").bytes;
    assert!(sets < 500 * 16, "{sets} bytes for a permission in each of 500 roles");
}
