//! `graph` draws any policy without a fault, and nothing in a name breaks out of the picture.

use roomkey::query::graph::{Focus, focuses, graph};
use roomkey::report::{graph as text, svg};

use crate::agree::load;
use crate::cli::{put, run};
use crate::reference::chance::Chance;
use crate::reference::generate::world;
use crate::reference::print::files;

#[test]
fn every_policy_can_be_drawn() {
    let (mut drawn, mut nodes) = (0, 0);
    for seed in 0..120 {
        let policy = load(&files(&world(seed), Some(Chance::new(!seed)))).expect("worlds are sound");
        let (model, sources) = (policy.model(), policy.sources());
        let some = focuses(model).into_iter().take(3).map(|on| Some(Focus { on, depth: 2 }));
        for focus in std::iter::once(None).chain(some) {
            let graph = graph(model, sources, focus.as_ref()).expect("a focus that was offered is there");
            let mut all = [Vec::new(), Vec::new(), Vec::new()];
            text::dot(&mut all[0], &graph).expect("written");
            text::mermaid(&mut all[1], &graph).expect("written");
            svg::svg(&mut all[2], &graph).expect("written");
            let picture = String::from_utf8(all[2].clone()).expect("text");
            assert!(roxmltree::Document::parse(&picture).is_ok(), "seed {seed}: {picture}");
            assert!(!picture.contains("NaN") && !picture.contains("inf\""), "seed {seed}");
            (drawn, nodes) = (drawn + 1, nodes + graph.nodes.len());
        }
    }
    println!("{drawn} graphs with {nodes} nodes");
    assert!(nodes > 1_000);
}

#[test]
fn names_stay_in_their_nodes_and_a_focus_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let name = r#"\"]; evil [label=\"<script>alert(1)</script>"#;
    put(
        path,
        "a.rk",
        format!("use liveblocks\ngroup \"{name}\" {{ user ann }}\nroom lobby {{ group \"{name}\" can read }}\n").as_bytes(),
    );
    for format in ["dot", "mermaid", "svg"] {
        let drawn = run(path, &["graph", "--format", format], "");
        assert_eq!(drawn.code, Some(0), "{}", drawn.err);
        assert!(format == "dot" || !drawn.out.contains("<script"), "{}", drawn.out);
        assert!(!drawn.out.contains("\n\"]; evil"), "{}", drawn.out);
    }
    let missing = run(path, &["graph", "--focus", "room:loby"], "");
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("lobby"), "{}", missing.err);
}
