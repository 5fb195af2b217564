//! Arrows between rooms point down: no file names a room of its own layer or of one above it, so
//! that there is no circle either. `ARCHITECTURE.md` shows the same layers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

mod paths;

use paths::{Declared, Tokens};

/// The rooms below a folder, lowest layer first. Rooms between two `<` do not know each other.
const LAYERS: [(&str, &str); 3] = [
    (
        "core/src",
        "buffer time usage < json < canonical < key < prompt record reply sse table < dialect serialize",
    ),
    (
        "std-adapter/src",
        "block_on clock discard entry < store < cache error < exchange prompt provider running < client memo",
    ),
    (
        "std-adapter/src/store/file",
        "error < disk options < segment < index < directory < follow < read write < maintain < \
         open_store < opened < as_store",
    ),
];

/// Arrows that point up today: from, to, and why they may for now.
const EXCEPTIONS: [(&str, &str, &str); 3] = [
    ("key", "dialect", "gives out `Dialect` under its former path"),
    ("reply", "dialect", "gives out verdicts and replies under their former paths"),
    ("prompt", "dialect", "the key of a typed request asks the dialect for its identity"),
];

/// A file of the library without its tests: where it is, its module, and the paths it names.
struct Source {
    file: PathBuf,
    module: Vec<String>,
    named: Vec<Vec<String>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the tests stand in it")
}

/// Reads the file of a module and of all modules below it, but those that are tests.
fn read(file: PathBuf, module: Vec<String>, sources: &mut Vec<Source>) {
    let text = fs::read_to_string(&file).expect("a source file");
    let tokens = Tokens::of(&text);
    let is_door = file.ends_with("mod.rs") || file.ends_with("lib.rs");
    let folder =
        if is_door { file.parent().expect("a folder").into() } else { file.with_extension("") };
    for Declared { name, is_test } in tokens.modules() {
        let alone = folder.join(format!("{name}.rs"));
        let file = if alone.exists() { alone } else { folder.join(&name).join("mod.rs") };
        if !is_test {
            read(file, [&module[..], &[name]].concat(), sources);
        }
    }
    let named = tokens.paths(&module);
    sources.push(Source { file, module, named });
}

/// The names that `door`, the file of a folder, gives to what is in its rooms.
fn given_out(door: &Path, rooms: &BTreeSet<String>) -> BTreeMap<String, String> {
    let text = fs::read_to_string(door).expect("a source file");
    let uses = Tokens::of(&text).uses();
    let own = uses.into_iter().filter(|path| path.len() > 1 && rooms.contains(&path[0]));
    own.filter_map(|path| Some((path.last()?.clone(), path[0].clone()))).collect()
}

/// What is wrong with the arrows between the rooms below `folder`; `used` takes the exceptions that
/// were needed.
fn findings(folder: &str, layers: &str, used: &mut BTreeSet<(&str, &str)>) -> Vec<String> {
    let layer_of: BTreeMap<&str, usize> = layers
        .split(" < ")
        .enumerate()
        .flat_map(|(layer, rooms)| rooms.split(' ').map(move |room| (room, layer)))
        .collect();
    let (crate_root, below) = folder.split_once("/src").expect("a folder of a crate");
    let base: Vec<_> =
        below.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let mut sources = Vec::new();
    read(root().join(crate_root).join("src/lib.rs"), Vec::new(), &mut sources);
    let room_of = |path: &[String]| path.strip_prefix(&base[..])?.first().cloned();
    let rooms: BTreeSet<_> = sources.iter().filter_map(|source| room_of(&source.module)).collect();
    let door = if base.is_empty() { "lib.rs" } else { "mod.rs" };
    let given_out = given_out(&root().join(folder).join(door), &rooms);

    let listed: BTreeSet<_> = layer_of.keys().map(|&room| room.to_owned()).collect();
    let differing = rooms.symmetric_difference(&listed);
    let mut findings: Vec<_> = differing
        .map(|room| format!("{folder}: `{room}` is not in both table and folder"))
        .collect();
    for source in &sources {
        let Some(from) = room_of(&source.module) else { continue };
        for path in &source.named {
            let Some(name) = room_of(path) else { continue };
            let to = given_out.get(&name).unwrap_or(&name);
            if *to == from || !rooms.contains(to) {
                continue;
            }
            let layer = |room: &str| layer_of.get(room).copied();
            let exception = EXCEPTIONS.iter().find(|(a, b, _)| (*a, *b) == (&*from, &**to));
            if let Some((from, to, _)) = exception {
                used.insert((from, to));
            } else if layer(to) >= layer(&from) {
                let file = source.file.strip_prefix(root()).unwrap_or(&source.file).display();
                findings.push(format!("{file}: {from} -> {to} by {}", path.join("::")));
            }
        }
    }
    findings
}

/// No room uses one of its own layer or above, and every exception is still needed.
#[test]
fn arrows_point_down() {
    let mut used = BTreeSet::new();
    let mut all: Vec<String> = Vec::new();
    for (folder, layers) in LAYERS {
        all.extend(findings(folder, layers, &mut used));
    }
    let unused = EXCEPTIONS.iter().filter(|(from, to, _)| !used.contains(&(*from, *to)));
    all.extend(unused.map(|(from, to, _)| format!("{from} -> {to} is an exception without need")));
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// The page for those who look for a room shows the same layers.
#[test]
fn architecture_shows_the_layers() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(&page);
    for (folder, layers) in LAYERS {
        let shown = format!("{folder}: {layers}");
        assert!(page.contains(&shown), "ARCHITECTURE.md lacks `{shown}`");
    }
}
