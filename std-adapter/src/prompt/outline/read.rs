//! Reads an outline.

use llm_cache_core::prompt::{CacheControl, PartKind, PromptPart, PromptView, Section, Ttl};

use super::form::write_part;
use super::settings::{Scan, is_web_tool};
use super::{Fingerprint, Outline, Position, Setting, TokenCounter};

/// See [`Outline::of`].
pub(super) fn read(prompt: &PromptView<'_>, counter: &dyn TokenCounter) -> Outline {
    let scan = Scan::of(prompt);
    let settings = scan.settings(prompt);
    let mut reader = Reader::new(&settings, counter);
    let mut forgotten = Vec::new();
    for part in prompt.parts() {
        if scan.is_forgotten(&part) {
            forgotten.push((part.place, reader.form_of(&part)));
        } else {
            reader.part(&part);
        }
    }
    let mut positions = reader.positions;
    mark_automatically(&mut positions, prompt.automatic());
    mark_server_results(&mut positions);
    Outline { positions, settings, forgotten, may_be_dropped: scan.may_be_dropped }
}

struct Reader<'a> {
    counter: &'a dyn TokenCounter,
    /// Settings that are not folded in yet.
    settings: &'a [Setting],
    positions: Vec<Position>,
    tokens: u64,
    /// Of web tools, which count where the system prompt begins.
    tokens_later: u64,
    prefix: Fingerprint,
    /// The form of the block at hand, and what of it is counted.
    form: String,
    text: String,
}

impl<'a> Reader<'a> {
    fn new(settings: &'a [Setting], counter: &'a dyn TokenCounter) -> Self {
        Self {
            counter,
            settings,
            positions: Vec::new(),
            tokens: 0,
            tokens_later: 0,
            prefix: Fingerprint::of("llm-cache prompt 1", &[]),
            form: String::new(),
            text: String::new(),
        }
    }

    fn part(&mut self, part: &PromptPart<'_>) {
        self.fold_settings_before(part.section);
        let block = self.form_of(part);
        let tokens = self.counter.tokens(part.kind, self.counted(part)).max(1);
        let is_web_tool = is_web_tool(part);
        if is_web_tool {
            self.tokens_later += tokens;
        } else {
            self.tokens += tokens;
            self.prefix = self.prefix.then(block);
        }
        self.positions.push(Position {
            place: part.place,
            section: part.section,
            kind: part.kind,
            mark: part.cache_control.map(|mark| mark.ttl_in_effect()),
            is_providers_mark: false,
            is_markable: part.is_markable,
            is_web_tool,
            tokens_end: self.tokens,
            block,
            prefix: self.prefix,
        });
    }

    fn fold_settings_before(&mut self, section: Section) {
        while let Some((setting, later)) = self.settings.split_first()
            && setting.row.invalidates_from() <= section
        {
            self.prefix = self.prefix.then(setting.value);
            self.settings = later;
        }
        if section > Section::Tools {
            self.tokens += std::mem::take(&mut self.tokens_later);
        }
    }

    /// Writes the form of a block and the text to count, and gives the block's fingerprint.
    fn form_of(&mut self, part: &PromptPart<'_>) -> Fingerprint {
        write_part(part, &mut self.form);
        let plain = part.value.as_str().filter(|_| part.is_plain_text);
        let says = plain.or_else(|| part.value.get("text").and_then(|text| text.as_str()));
        self.text.clear();
        if let Some(says) = says {
            match says.as_str() {
                Some(text) => self.text.push_str(text),
                None => self.text.extend(says.chars()),
            }
        }
        let section = [part.section as u8];
        let role = part.role.map_or("", |role| role.raw());
        Fingerprint::of("llm-cache block 1", &[&section, role.as_bytes(), self.form.as_bytes()])
    }

    fn counted(&self, part: &PromptPart<'_>) -> &str {
        if part.kind == PartKind::Text { &self.text } else { &self.form }
    }
}

/// Automatic caching marks the last block that can be marked, unless it is already.
fn mark_automatically(positions: &mut [Position], automatic: Option<CacheControl>) {
    if let Some(automatic) = automatic
        && let Some(last) = positions.iter_mut().rfind(|position| position.is_markable)
    {
        last.mark.get_or_insert(automatic.ttl_in_effect());
    }
}

/// In a request with any mark the provider marks the results of its own tools for five minutes,
/// whatever the other marks say (tool use page, September 2026).
fn mark_server_results(positions: &mut [Position]) {
    if positions.iter().all(|position| position.mark.is_none()) {
        return;
    }
    for position in positions {
        if position.kind == PartKind::ServerToolResult && position.mark.is_none() {
            position.mark = Some(Ttl::FiveMinutes);
            position.is_providers_mark = true;
        }
    }
}
