//! A directory as a disk keeps it: what programs see, and what is there after a power loss.

use std::collections::BTreeMap;

use super::{Loss, Random, image::Image};

/// All of a directory. It can be made anew from its changes.
#[derive(Clone, Default)]
pub(in super::super) struct State {
    pub(super) names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    /// Since the last sync of the directory, in order.
    pending_names: Vec<Change>,
    files: BTreeMap<u64, Image>,
}

/// One thing that was done to a directory, or that a test has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Change {
    Create {
        name: String,
        file: u64,
    },
    Remove {
        name: String,
    },
    SyncNames,
    Write {
        file: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    SetLen {
        file: u64,
        len: u64,
    },
    SyncData {
        file: u64,
    },
    /// A sync failed, and what it should have written is forgotten.
    SyncLost {
        file: u64,
    },
    /// Step `n` of a test begins.
    Begin(usize),
    /// Step `n` has been acknowledged.
    Done(usize),
}

impl State {
    /// Makes a change that can be made.
    pub(in super::super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Create { .. } | Change::Remove { .. } => {
                rename(&mut self.names, change);
                self.pending_names.push(change.clone());
                if let Change::Create { file, .. } = change {
                    self.files.insert(*file, Image::default());
                }
            }
            Change::SyncNames => {
                self.pending_names.clear();
                self.durable_names.clone_from(&self.names);
            }
            Change::Write { file, offset, bytes } => {
                self.file_mut(*file).write(*offset as usize, bytes);
            }
            Change::SetLen { file, len } => self.file_mut(*file).set_len(*len as usize),
            Change::SyncData { file } => self.file_mut(*file).sync(),
            Change::SyncLost { file } => self.file_mut(*file).forget_unsynced(),
            Change::Begin(_) | Change::Done(_) => {}
        }
    }

    /// What is there when the power is back: of the names a front part of their changes, as a
    /// journal has it, and of each file what `loss` leaves.
    pub(in super::super) fn after_power_loss(&self, loss: Loss, random: &mut Random) -> Self {
        let mut names = self.durable_names.clone();
        let kept = match loss {
            Loss::All => 0,
            Loss::None => self.pending_names.len(),
            _ => random.below(self.pending_names.len() + 1),
        };
        self.pending_names[..kept].iter().for_each(|change| rename(&mut names, change));
        let mut survive = |id: &u64| (*id, self.files[id].after_power_loss(loss, random));
        let files = names.values().map(&mut survive).collect();
        Self { durable_names: names.clone(), names, pending_names: Vec::new(), files }
    }

    /// What programs read of a file.
    pub(super) fn bytes(&self, file: u64) -> &[u8] {
        &self.files[&file].live
    }

    /// The names of the files in the directory.
    pub(in super::super) fn file_names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The bytes of the file of this name, to be looked at or to be damaged.
    pub(in super::super) fn bytes_mut(&mut self, name: &str) -> &mut Vec<u8> {
        let file = self.names[name];
        &mut self.file_mut(file).live
    }

    /// Whether a power loss would leave this file as it is, under its name.
    pub(in super::super) fn is_durable(&self, name: &str) -> bool {
        let id = self.names.get(name);
        id == self.durable_names.get(name) && id.is_none_or(|id| self.files[id].is_synced())
    }

    fn file_mut(&mut self, file: u64) -> &mut Image {
        self.files.get_mut(&file).unwrap()
    }
}

fn rename(names: &mut BTreeMap<String, u64>, change: &Change) {
    match change {
        Change::Create { name, file } => drop(names.insert(name.clone(), *file)),
        Change::Remove { name } => drop(names.remove(name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(name: &str, file: u64) -> Change {
        Change::Create { name: name.to_owned(), file }
    }

    /// Names survive in the order in which they were made, and all of them after a sync.
    #[test]
    fn names_survive_in_order() {
        let mut state = State::default();
        state.apply(&create("a", 1));
        state.apply(&Change::SyncNames);
        state.apply(&create("b", 2));
        state.apply(&Change::Remove { name: "a".to_owned() });
        state.apply(&create("c", 3));
        let mut seen = BTreeMap::new();
        for seed in 0..100 {
            let after = state.after_power_loss(Loss::Tail, &mut Random(seed));
            *seen.entry(after.file_names().collect::<String>()).or_insert(0) += 1;
        }
        assert_eq!(seen.into_keys().collect::<Vec<_>>(), ["a", "ab", "b", "bc"]);
    }
}
