//! The published list of what is left out, read from the page itself.

use std::{collections::BTreeSet, fs, path::Path as File};

/// One step from a value to one inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// To the member of this unescaped name.
    Member(String),
    /// To some element.
    Element,
}

/// The way from the whole body to a value.
pub(super) type Path = Vec<Step>;

/// The paths that section 4 of core/KEY.md names for one dialect.
#[derive(Debug)]
pub(super) struct Page {
    paths: BTreeSet<Path>,
}

impl Page {
    /// Reads the table. A row that this does not understand fails the test.
    pub(super) fn of(dialect: &str) -> Self {
        let file = File::new(env!("CARGO_MANIFEST_DIR")).join("../core/KEY.md");
        let page = fs::read_to_string(file).expect("core/KEY.md");
        let (_, section) = page.split_once("\n## 4. ").expect("section 4");
        let (section, _) = section.split_once("\n## 5. ").expect("section 5");
        let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
        let (mut of, mut paths) = (None, BTreeSet::new());
        for row in rows {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            of = code(cells[1]).or(of);
            if of != Some(dialect) {
                continue;
            }
            match (code(cells[2]), cells[2]) {
                (Some(path), _) => assert!(paths.insert(steps(path)), "twice: {row}"),
                (None, "nothing") => {}
                (None, "the seven of `openai.chat` without a dot") => {
                    let mut seven = Self::of("openai.chat").paths;
                    seven.retain(|path| path.len() == 1);
                    assert_eq!(seven.len(), 7);
                    paths.append(&mut seven);
                }
                _ => panic!("a row that this test does not understand: {row}"),
            }
        }
        assert!(of.is_some(), "no rows");
        Self { paths }
    }

    /// Whether the list names this very path.
    pub(super) fn lists(&self, path: &Path) -> bool {
        self.paths.contains(path)
    }

    /// All of the list.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter()
    }

    /// The last names of all listed paths, each once.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.paths.iter().filter_map(name).map(Into::into).collect()
    }
}

/// The last name of a path, if it ends in one.
pub(super) fn name(path: &Path) -> Option<&str> {
    match path.last() {
        Some(Step::Member(name)) => Some(name),
        _ => None,
    }
}

fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

/// `a[].b` is the member `b` of each element of the array `a`.
fn steps(text: &str) -> Path {
    let mut path = Path::new();
    for step in text.split('.') {
        match step.strip_suffix("[]") {
            Some(name) => path.extend([Step::Member(name.to_owned()), Step::Element]),
            None => path.push(Step::Member(step.to_owned())),
        }
    }
    path
}
