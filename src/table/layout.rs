//! The bytes of a table: what stands where. `docs/table.md` says the same in words.

/// The first bytes of every table; a line end that was translated on the way shows here.
pub const MAGIC: [u8; 8] = *b"\x89RKB\r\n\x1a\n";
/// Tables of another major version cannot be read.
pub const MAJOR: u16 = 1;
/// Tables of later minor versions can: they only add.
pub const MINOR: u16 = 3;
/// What one checksum of the directory covers, in bytes, counted from the start of the file.
pub const BLOCK: usize = 1 << 16;
/// The length of a checksum (BLAKE3).
pub const DIGEST: usize = 32;
/// The header's length is a multiple of this.
pub const PAGE: usize = 4096;
/// Sections begin at multiples of this: a cache line.
pub const ALIGN: usize = 64;
/// The words of a cache line. A record that fits into one does not lie across two.
pub const LINE: u32 = 16;
/// A number that stands for nothing: no place, no role, no end; between records it fills up a line.
pub const NOTHING: u32 = u32::MAX;

/// Where the fields of the header stand, in bytes.
pub mod header {
    /// Major version, `u16`.
    pub const MAJOR: usize = 8;
    /// Minor version, `u16`.
    pub const MINOR: usize = 10;
    /// The length of the header, `u32`.
    pub const LENGTH: usize = 12;
    /// The length of the file, `u64`.
    pub const FILE: usize = 16;
    /// Where the directory of checksums begins, `u64`.
    pub const DIRECTORY: usize = 24;
    /// How many sections there are, `u32`.
    pub const SECTIONS: usize = 32;
    /// How many checksums of the directory's own blocks follow the sections, `u32`.
    pub const ROOTS: usize = 36;
    /// BLAKE3 of the sources.
    pub const SOURCES: usize = 40;
    /// The first and the last instant at which something ends: seconds `i64`, nanoseconds `u32`, twice.
    pub const ENDS: usize = 72;
    /// The seed of the names' hash, `u64`.
    pub const SEED: usize = 96;
    /// Bit 0: groups are not closed ahead of time, `u32`.
    pub const FLAGS: usize = 104;
    /// The rows of the scope `everywhere`, `u32`.
    pub const EVERYWHERE: usize = 108;
    /// The counts of what the policy says, `u32` each: see [`COUNTED`](super::COUNTED).
    pub const COUNTS: usize = 112;
    /// The name and version of the writer, 32 bytes of text.
    pub const WRITER: usize = 160;
    /// The sections: number `u32`, reserved `u32`, offset `u64`, length `u64`.
    pub const TABLE: usize = 192;
    /// The length of a section's line.
    pub const LINE: usize = 24;
}

/// What the counts of the header count, in their order.
pub const COUNTED: [&str; 10] = [
    "files",
    "kinds",
    "users",
    "groups",
    "roles",
    "resources",
    "patterns",
    "accesses and prohibitions",
    "assignments and owners",
    "memberships",
];

/// Groups are not closed ahead of time, because that would be too many pairs.
pub const OPEN_GROUPS: u32 = 1;

macro_rules! sections {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// A section of the file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Section { $($(#[$doc])* $variant,)* }

        /// Every section, in the order of the file.
        pub const SECTIONS: [Section; sections!(@count $($variant)*)] = [$(Section::$variant,)*];

        impl Section {
            /// The name that `inspect` prints.
            pub fn name(self) -> &'static str {
                match self { $(Section::$variant => $word,)* }
            }
        }
    };
    (@count) => { 0 };
    (@count $head:ident $($tail:ident)*) => { 1 + sections!(@count $($tail)*) };
}

sections! {
    /// The kinds, their parts and names.
    Kinds = "kinds",
    /// The instants at which something ends, sorted: seconds in two words, nanoseconds in one.
    Times = "times",
    /// Where each text ends.
    TextEnds = "text ends",
    /// Names of roles and files, and lists as they are written.
    Texts = "texts",
    /// Users: name, and the groups that they are in.
    Users = "users",
    /// Groups: name, and the groups that they are in.
    Groups = "groups",
    /// Resources and patterns: name, surroundings, and access entries.
    Places = "places",
    /// Users by the hash of their names.
    UserNames = "index of users",
    /// Groups by the hash of their names.
    GroupNames = "index of groups",
    /// Resources by the hash of their kind and id.
    PlaceNames = "index of resources",
    /// Patterns by kind, sorted.
    Patterns = "patterns",
    /// Organization, outer places and container that resources share.
    Around = "surroundings",
    /// The places further out that say something.
    Outer = "outer places",
    /// Prohibitions, assignments and members by place.
    Rows = "rows",
    /// What rows give, each once: a list and an end.
    Grants = "grants",
    /// Lists that speak of more than one kind.
    Lists = "lists",
    /// What a list sets each part of a kind to, each once.
    Sets = "sets",
    /// Where each statement is written.
    Origins = "origins",
    /// Where to begin reading the origins.
    OriginMarks = "marks in origins",
    /// What outer places say together, by principal: once for all resources that they surround.
    Summaries = "summaries",
    /// What a principal has in a summary, part by part, each once.
    Cells = "cells",
    /// How the text of each pattern begins, as a number.
    PatternKeys = "keys of patterns",
}

/// The flags of a place's record.
pub mod place {
    /// It is a pattern.
    pub const PATTERN: u32 = 1;
    /// A statement declares it.
    pub const DECLARED: u32 = 1 << 1;
    /// A word points to its prohibitions.
    pub const CANNOT: u32 = 1 << 2;
    /// A word points to its assignments.
    pub const ROLES: u32 = 1 << 3;
    /// A word points to its members.
    pub const MEMBERS: u32 = 1 << 4;
    /// Places further out say something.
    pub const OUTER: u32 = 1 << 5;
    /// Some place of the walk has prohibitions.
    pub const ANY_CANNOT: u32 = 1 << 6;
    /// Some place of the walk has assignments.
    pub const ANY_ROLES: u32 = 1 << 7;
    /// Its organization is closed.
    pub const CLOSED: u32 = 1 << 8;
    /// Words before the optional ones: kind, flags with the name's length, surroundings.
    pub const WORDS: u32 = 3;
    /// The length of a name in bytes, behind the flags.
    pub const NAME_SHIFT: u32 = 16;
}

/// The flags of a user's or a group's record.
pub mod principal {
    /// The ends of the memberships follow the groups.
    pub const EXPIRING: u32 = 1;
    /// Words before the groups: flags with the name's length, the number of groups.
    pub const WORDS: u32 = 2;
}

/// Rows by principal: the first word.
pub mod rows {
    /// Counts and grants take a word each.
    pub const WIDE: u32 = 1 << 31;
    /// The most users in the narrow form.
    pub const MAX_USERS: usize = 0xFFFF;
    /// The most groups in the narrow form.
    pub const MAX_GROUPS: usize = 0xFF;
    /// The most rows for everyone in the narrow form.
    pub const MAX_EVERYONE: usize = 0x7F;
}

/// A grant's words.
pub mod grant {
    /// The kind that it speaks of; [`NOTHING`](super::NOTHING) where there are several.
    pub const KIND: usize = 0;
    /// The set, or the list where there are several kinds.
    pub const SET: usize = 1;
    /// When it ends: a place in the times.
    pub const UNTIL: usize = 2;
    /// The text of the list.
    pub const TEXT: usize = 3;
    /// The role's name, the highest bit for an owner.
    pub const ROLE: usize = 4;
    /// All of them.
    pub const WORDS: usize = 5;
    /// It comes from an `owner` line.
    pub const OWNER: u32 = 1 << 31;
}

/// A pattern's words.
pub mod pattern {
    /// Its record among the places.
    pub const PLACE: usize = 0;
    /// The longest other pattern that its text begins with.
    pub const SHORTER: usize = 1;
    /// Where its container stands in the walk around the forest of containers: the first and the last number.
    pub const FIRST: usize = 2;
    /// See [`FIRST`].
    pub const LAST: usize = 3;
    /// When it stops making resources known: never where it is declared.
    pub const UNTIL: usize = 4;
    /// The surroundings of a resource that it makes known.
    pub const AROUND: usize = 5;
    /// Where that resource's container stands in the walk around the forest.
    pub const AT: usize = 6;
    /// All of them.
    pub const WORDS: usize = 7;
}

/// The words of surroundings.
pub mod around {
    /// The organization's place.
    pub const ORGANIZATION: usize = 0;
    /// The first chunk of the outer places.
    pub const OUTER: usize = 1;
    /// The container.
    pub const PARENT: usize = 2;
    /// The flags `CLOSED`, `ANY_CANNOT` and `ANY_ROLES` of what lies here.
    pub const FLAGS: usize = 3;
    /// All of them.
    pub const WORDS: usize = 4;
}

/// Outer places come in chunks: how many, the next chunk, the places.
pub mod outer {
    /// The most places of a chunk.
    pub const MAX: usize = 16;
    /// Words before the places.
    pub const WORDS: usize = 2;
}

/// A summary: how many layers, with [`summary::CLOSED`], and where each layer begins, the closest first.
pub mod summary {
    /// The most layers.
    pub const MAX: usize = 7;
    /// All words of a summary.
    pub const WORDS: usize = 8;
    /// Only members of the organization get in.
    pub const CLOSED: u32 = 1 << 8;
}

/// A layer: what consecutive outer places say, by principal.
pub mod layer {
    /// The words before its two tables, of users and of groups: how large each is, everyone's cell, and which groups it
    /// may have, in two words.
    pub const WORDS: usize = 4;
    /// The bit of a cell's number that says that it changes with time: a count, and ends with the cells until then.
    pub const TIMED: u32 = 1 << 31;
    /// Among the sizes: it says who is a member, and nothing else.
    pub const MEMBERS: u32 = 1 << 16;
    /// Among the sizes, from this bit on: how many times the bits of its filter of groups are doubled, beginning with 64; 0
    /// where there is no filter behind the tables.
    pub const FILTER_SHIFT: u32 = 24;
    /// The most doublings of the filter.
    pub const FILTER: u32 = 8;
    /// The most places of a layer.
    pub const PLACES: usize = 63;
    /// The most ends of one principal.
    pub const ENDS: usize = 15;
    /// The factor of the hash of a record's number.
    pub const FACTOR: u32 = 0x9E37_79B1;
}

/// A cell has a word for each part of the kind; in a layer of members it has none.
pub mod cell {
    /// A part of which nothing is said.
    pub const SILENT: u32 = 0xFFFF_00FF;
    /// Where the entry that decides stands: how many places of the layer are closer, from this bit on.
    pub const PLACE_SHIFT: u32 = 26;
    /// 255 less what that entry sets, from this bit on.
    pub const ACCESS_SHIFT: u32 = 16;
    /// What roles give, from this bit on; the lowest eight bits are what prohibitions leave.
    pub const ROLE_SHIFT: u32 = 8;
}

/// A part that a set says nothing about.
pub const UNSET: u8 = u8::MAX;
/// Sets of kinds with more parts than this are sorted pairs of part and value.
pub const DENSE: usize = 256;
/// Places between two marks in the origins.
pub const MARK: usize = 32;
