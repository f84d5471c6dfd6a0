//! Any text as a data file of facts: its rows are refused at their places, or mean what the statements mean.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roomkey::facts::Sort;
use roomkey::{Analysis, Settings, Source, Sources};
use roomkey_fuzz::judged;

const POLICY: &str = "
kind folder in folder, organization { levels read < write  owner gets keeper }
kind room in folder, organization { levels read < write  features storage, comments, comments:public  permissions lock }
role keeper { can *:write }
role guest { can read on room }
group staff { user ann }
group crew { group staff }
organization acme { folder f { room a } room \"a*\" { group crew can read } }
";

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (word, _) = Sort::ALL[usize::from(*first) % Sort::ALL.len()];
    let name = if first & 4 == 0 { "data.csv" } else { "data.jsonl" };
    let mut sources = Sources::default();
    sources.add(Source::new("a.rk", format!("{POLICY}\nfacts {word} from \"{name}\"\n")));
    sources.add(Source::new(name, String::from_utf8_lossy(rest)));
    judged(Analysis::new(sources, &Settings::default()));
});
