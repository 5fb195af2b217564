//! One event, read in pieces: what of it the assembler needs, and the texts of its response.

use super::events::{Member, Members};
use super::texts::{TextHash, TextKey, TextPlace, Texts};
use crate::json::{Container, JsonError, PushPart, PushScanner};

/// Longer names are none that mean something.
const NAME_MAX: usize = 48;

/// A short text that is collected; a longer one is no text that is looked for.
#[derive(Clone, Copy)]
pub(super) struct Short<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Short<N> {
    pub(super) const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        room.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        self.len = self.len.saturating_add(bytes.len());
    }

    /// Whether nothing is left out.
    pub(super) const fn is_whole(&self) -> bool {
        self.len <= N
    }

    /// The bytes; none if they are too many.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The text; empty if it is too long.
    pub(super) fn get(&self) -> &str {
        core::str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

/// A number of an element, as an event tells it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    Absent,
    Is(u32),
    /// Something else than a whole number below 2^32.
    Bad,
}

impl Index {
    fn push(&mut self, digits: &[u8]) {
        for byte in digits {
            let so_far = match self {
                Self::Absent => Some(0),
                Self::Is(number) => number.checked_mul(10),
                Self::Bad => None,
            };
            let digit = char::from(*byte).to_digit(10);
            let number = so_far.zip(digit).and_then(|(number, digit)| number.checked_add(digit));
            *self = number.map_or(Self::Bad, Self::Is);
        }
    }
}

/// A container that is looked into. They make a tree, so each knows what it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    Event,
    /// The `delta` of an event where it is an object.
    Delta,
    Response,
    Output,
    Item,
    Content,
    ContentPart,
    Summary,
    SummaryPart,
    Action,
    Commands,
    ShellOutput,
    ShellPart,
}

impl Place {
    const fn parent(self) -> Self {
        match self {
            Self::Outside | Self::Event => Self::Outside,
            Self::Delta | Self::Response => Self::Event,
            Self::Output => Self::Response,
            Self::Item => Self::Output,
            Self::Content | Self::Summary | Self::Action | Self::ShellOutput => Self::Item,
            Self::ContentPart => Self::Content,
            Self::SummaryPart => Self::Summary,
            Self::Commands => Self::Action,
            Self::ShellPart => Self::ShellOutput,
        }
    }

    /// The container that is the value of the member `name`, or an element.
    fn child(self, name: &str, container: Container) -> Option<Self> {
        use Container::{Array, Object};
        Some(match (self, name, container) {
            (Self::Outside, _, Object) => Self::Event,
            (Self::Event, "response", Object) => Self::Response,
            (Self::Event, "delta", Object) => Self::Delta,
            (Self::Response, "output", Array) => Self::Output,
            (Self::Output, _, Object) => Self::Item,
            (Self::Item, "content", Array) => Self::Content,
            (Self::Item, "summary", Array) => Self::Summary,
            (Self::Item, "action", Object) => Self::Action,
            (Self::Item, "output", Array) => Self::ShellOutput,
            (Self::Content, _, Object) => Self::ContentPart,
            (Self::Summary, _, Object) => Self::SummaryPart,
            (Self::Action, "commands", Array) => Self::Commands,
            (Self::ShellOutput, _, Object) => Self::ShellPart,
            _ => return None,
        })
    }

    /// The text that is the value of the member `name`, or an element.
    fn text(self, name: &str) -> Option<TextPlace> {
        Some(match (self, name) {
            (Self::ContentPart, "text") => TextPlace::Content,
            (Self::ContentPart, "refusal") => TextPlace::Refusal,
            (Self::SummaryPart, "text") => TextPlace::Summary,
            (Self::Item, "arguments") => TextPlace::Arguments,
            (Self::Item, "input") => TextPlace::Input,
            (Self::Item, "code") => TextPlace::Code,
            (Self::Commands, _) => TextPlace::Command,
            (Self::ShellPart, "stdout") => TextPlace::Stdout,
            (Self::ShellPart, "stderr") => TextPlace::Stderr,
            _ => return None,
        })
    }
}

/// Where the characters or digits go that come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Nowhere,
    Name,
    Type,
    /// The text of a delta, or a text that an event repeats whole.
    Text,
    /// The part of a delta that is an error output.
    Stderr,
    /// A text of the response.
    Response(TextPlace),
    Item,
    Part,
    /// Any byte makes an error of the event, or of its response.
    Error,
    ResponseError,
}

/// What has been read of an event.
pub(super) struct Walk {
    scanner: PushScanner,
    place: Place,
    /// How many containers are open inside one that is not looked into.
    skipped: u32,
    name: Short<NAME_MAX>,
    target: Target,
    hash: TextHash,
    /// How many elements the output, and the array in an item, have so far.
    items: u32,
    parts: u32,
    has_output: bool,

    /// The `type`.
    pub(super) kind: Short<NAME_MAX>,
    pub(super) members: Members,
    /// A member is unknown, or comes twice.
    pub(super) has_odd_member: bool,
    pub(super) item: Index,
    pub(super) part: Index,
    pub(super) text: Option<TextHash>,
    pub(super) stderr: Option<TextHash>,
    pub(super) says_error: bool,
    /// The data is an object.
    pub(super) is_object: bool,
    pub(super) has_response: bool,
    pub(super) response_says_error: bool,
    /// A text of the response is not the one that came before.
    pub(super) differs: bool,
}

impl Walk {
    pub(super) const NEW: Self = Self {
        scanner: PushScanner::NEW,
        place: Place::Outside,
        skipped: 0,
        name: Short::EMPTY,
        target: Target::Nowhere,
        hash: TextHash::EMPTY,
        items: 0,
        parts: 0,
        has_output: false,
        kind: Short::EMPTY,
        members: 0,
        has_odd_member: false,
        item: Index::Absent,
        part: Index::Absent,
        text: None,
        stderr: None,
        says_error: false,
        is_object: false,
        has_response: false,
        response_says_error: false,
        differs: false,
    };

    /// How many output items the response has.
    pub(super) const fn item_count(&self) -> u32 {
        self.items
    }

    /// Whether the data is an object that has been read to its end.
    pub(super) fn finish(&self) -> Result<(), JsonError> {
        self.scanner.finish()
    }

    /// Reads the next piece, compares the texts in its response with `texts`, and gives the bytes
    /// of the response to `take`.
    pub(super) fn read(
        &mut self,
        mut bytes: &[u8],
        texts: &mut Texts<'_>,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), JsonError> {
        while !bytes.is_empty() {
            let (all, was_inside) = (bytes, self.is_in_response());
            let part = self.scanner.next(&mut bytes)?;
            if let Some(part) = part {
                self.part(part, texts);
            }
            let read = all.get(..all.len() - bytes.len()).unwrap_or_default();
            if was_inside {
                take(read);
            } else if self.is_in_response() {
                // Its bracket; what is before it is not the response.
                take(read.get(read.len().saturating_sub(1)..).unwrap_or_default());
            }
        }
        Ok(())
    }

    const fn is_in_response(&self) -> bool {
        !matches!(self.place, Place::Outside | Place::Event | Place::Delta)
    }

    fn part(&mut self, part: PushPart<'_>, texts: &mut Texts<'_>) {
        match part {
            PushPart::Open(container) => self.open(container, texts),
            PushPart::Close if self.skipped > 0 => self.skipped -= 1,
            PushPart::Close => self.place = self.place.parent(),
            PushPart::Name if self.skipped > 0 => self.target = Target::Nowhere,
            PushPart::Name => (self.name, self.target) = (Short::EMPTY, Target::Name),
            PushPart::String => {
                self.begin_element();
                self.hash = TextHash::EMPTY;
                self.target = self.string_target();
            }
            PushPart::Text(text) => self.push(text),
            PushPart::Char(character) => {
                self.push(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            PushPart::TextEnd => self.end_text(texts),
            PushPart::Scalar(scalar) => {
                self.begin_element();
                self.target = self.scalar_target(scalar);
                self.push(scalar);
            }
            PushPart::MoreOfScalar(scalar) => self.push(scalar),
        }
    }

    fn open(&mut self, container: Container, texts: &mut Texts<'_>) {
        self.begin_element();
        let child = match self.skipped {
            0 => self.place.child(self.name.get(), container),
            _ => None,
        };
        let Some(child) = child else {
            if self.skipped == 0 {
                self.target = self.error_target();
                self.push(b"{");
            }
            self.skipped += 1;
            return;
        };
        match child {
            Place::Event => self.is_object = true,
            Place::Response => {
                (self.has_response, self.items) = (true, 0);
                texts.unconfirm();
            }
            Place::Output => {
                self.differs |= self.has_output;
                self.has_output = true;
            }
            Place::Content | Place::Summary | Place::Commands | Place::ShellOutput => {
                self.parts = 0;
            }
            _ => {}
        }
        self.place = child;
    }

    /// Counts a value if it is an element of an array that is looked into.
    fn begin_element(&mut self) {
        match self.place {
            _ if self.skipped > 0 => {}
            Place::Output => self.items = self.items.saturating_add(1),
            Place::Content | Place::Summary | Place::Commands | Place::ShellOutput => {
                self.parts = self.parts.saturating_add(1);
            }
            _ => {}
        }
    }

    fn member(&self) -> Option<Member> {
        (self.place == Place::Event).then(|| Member::of(self.name.get())).flatten()
    }

    fn string_target(&self) -> Target {
        if self.skipped > 0 {
            return Target::Nowhere;
        }
        match (self.place, self.member()) {
            (_, Some(Member::Type)) => Target::Type,
            (
                _,
                Some(
                    Member::Delta
                    | Member::Text
                    | Member::Refusal
                    | Member::Arguments
                    | Member::Input
                    | Member::Code
                    | Member::Command,
                ),
            ) => Target::Text,
            (Place::Delta, _) if self.name.get() == "stdout" => Target::Text,
            (Place::Delta, _) if self.name.get() == "stderr" => Target::Stderr,
            _ => match self.place.text(self.name.get()) {
                Some(text) => Target::Response(text),
                None => self.error_target(),
            },
        }
    }

    fn scalar_target(&self, first: &[u8]) -> Target {
        match self.member() {
            _ if self.skipped > 0 => Target::Nowhere,
            Some(Member::OutputIndex) => Target::Item,
            Some(Member::ContentIndex | Member::SummaryIndex | Member::CommandIndex) => {
                Target::Part
            }
            // `null` and `false`
            _ if matches!(first.first(), Some(b'n' | b'f')) => Target::Nowhere,
            _ => self.error_target(),
        }
    }

    fn error_target(&self) -> Target {
        match self.place {
            Place::Event if self.name.get() == "error" => Target::Error,
            Place::Response if self.name.get() == "error" => Target::ResponseError,
            _ => Target::Nowhere,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        match self.target {
            Target::Nowhere => {}
            Target::Name => self.name.push(bytes),
            Target::Type => self.kind.push(bytes),
            Target::Text | Target::Stderr | Target::Response(_) => self.hash.push(bytes),
            Target::Item => self.item.push(bytes),
            Target::Part => self.part.push(bytes),
            Target::Error => self.says_error = true,
            Target::ResponseError => self.response_says_error = true,
        }
    }

    fn end_text(&mut self, texts: &mut Texts<'_>) {
        match self.target {
            Target::Name if self.place == Place::Event => {
                let bit = self.member().map_or(0, Member::bit);
                self.has_odd_member |= bit == 0 || self.members & bit != 0;
                self.members |= bit;
            }
            Target::Text => self.text = Some(self.hash),
            Target::Stderr => self.stderr = Some(self.hash),
            Target::Response(place) => {
                let part = if place.is_element() { self.parts.saturating_sub(1) } else { 0 };
                let key = TextKey { place, item: self.items.saturating_sub(1), part };
                self.differs |= !texts.confirm(key, self.hash);
            }
            _ => {}
        }
        self.target = Target::Nowhere;
    }
}
