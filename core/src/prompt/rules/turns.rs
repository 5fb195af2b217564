//! Messages of role `system` in the middle of a conversation.

use crate::prompt::{PartKind, Place, Rule, Violation};

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    User,
    Assistant,
    System,
    /// A role that is not known here.
    Other,
}

/// What a walk over the messages has met so far.
pub(super) struct Turns {
    /// Whether the model takes no such messages.
    refuses_system: bool,
    /// Who spoke last; nobody before the first message.
    last: Option<Speaker>,
    /// Whether the last block so far of the current message is what a provider-run tool returned.
    ends_in_server_result: bool,
}

impl Turns {
    pub(super) const fn new(refuses_system: bool) -> Self {
        Self { refuses_system, last: None, ends_in_server_result: false }
    }

    /// The message at that index begins.
    pub(super) fn message(&mut self, index: usize, speaker: Speaker) -> Result<(), Violation> {
        // Several in a row stand for one, as recorded requests show.
        let may_be_before = matches!(speaker, Speaker::Assistant | Speaker::System);
        if self.last == Some(Speaker::System) && !may_be_before {
            return Err(Violation::new(Place::Message(index - 1), Rule::SystemTurn));
        }
        if speaker == Speaker::System {
            let place = Place::Message(index);
            if self.refuses_system {
                return Err(Violation::new(place, Rule::SystemModel));
            }
            let may_follow = match self.last {
                Some(Speaker::User | Speaker::System) => true,
                Some(Speaker::Assistant) => self.ends_in_server_result,
                _ => false,
            };
            if !may_follow {
                return Err(Violation::new(place, Rule::SystemTurn));
            }
        }
        self.last = Some(speaker);
        self.ends_in_server_result = false;
        Ok(())
    }

    /// The current message has a block of that kind. `changes_tools`: it adds or removes a tool,
    /// the one thing beside text that may stand in such a message.
    pub(super) fn block(
        &mut self,
        place: Place,
        kind: PartKind,
        changes_tools: bool,
    ) -> Result<(), Violation> {
        self.ends_in_server_result = kind == PartKind::ServerToolResult;
        if self.last == Some(Speaker::System) && kind != PartKind::Text && !changes_tools {
            return Err(Violation::new(place, Rule::SystemText));
        }
        Ok(())
    }
}
