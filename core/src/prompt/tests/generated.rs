//! Requests of every shape, from a tape of choices that shrinks well.

use super::*;

const TEXTS: [&str; 7] = [
    "",
    "a",
    "\"\\/\n\u{1}\u{7f}",
    "\u{e9}\u{1f600}",
    "user_id",
    "claude",
    "{\"cache_control\":1}",
];
/// Values of any kind: marks at any place, names out of order, numbers of many spellings.
const RAWS: [&str; 9] = [
    r#"{"type":"object", "b":1.0,"a":[-0,1E2],"\ud83d\ude00":1,"\ufb33":2}"#,
    r#" { "cache_control":{"type":"ephemeral"}, "a":{"cache_control":[{}]} } "#,
    r#"{"type":"x","content":[{"text":"t","cache_control":null}],"stream":true}"#,
    r#"{"source":{"type":"content","content":[{"cache_control":1,"a":0.10}]}}"#,
    r#"[{"text":"\u0061","type":"text","cache_control":{},"prompt_cache_breakpoint":{}}]"#,
    r#"[{"content":[{"prompt_cache_breakpoint":{"mode":"explicit"},"text":"x"}]}]"#,
    r#"{"user_id":"u","trace":4611686018427387905}"#,
    r#""\u00e9\/""#,
    "0.30000000000000004440892098",
];
/// Values without a key: a name twice, a number out of range.
const FAULTY: [&str; 2] = [r#"{"b":0,"a":1,"\u0061":2}"#, r#"[{"a":[1e999]}]"#];
const NAMES: [&str; 16] = [
    "",
    "seed",
    "zz",
    "\u{e9}",
    "\u{1f600}",
    "\u{fb33}",
    "a\"b\\\n",
    "\\u0073tream",
    "metadata",
    "system",
    "tools",
    "stream",
    "stream_options",
    "user",
    "prompt_cache_key",
    "input",
];

/// Choices, one after the other; zeros in the end.
struct Tape<'t> {
    choices: core::slice::Iter<'t, u8>,
    /// The one fault that the request may have; of several, any may be told.
    fault: &'static str,
}

impl Tape<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.choices.next().copied().unwrap_or(0)) % limit
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    fn text(&mut self) -> &'static str {
        TEXTS[self.below(TEXTS.len())]
    }

    fn maybe_text(&mut self) -> Option<&'static str> {
        self.one_in(3).then(|| self.text())
    }

    /// Mostly sound.
    fn raw(&mut self) -> RawJson<'static> {
        let sound = RAWS[self.below(RAWS.len())];
        RawJson::assume_valid(if self.one_in(16) { self.fault } else { sound })
    }

    fn maybe_raw(&mut self) -> Option<RawJson<'static>> {
        self.one_in(4).then(|| self.raw())
    }

    fn mark(&mut self) -> Option<CacheControl> {
        match self.below(64) {
            // Rarely, since it makes a request one that Anthropic's API has no place for.
            63 => Some(MARK.with_ttl(Ttl::TwelveHours)),
            drawn => [None, None, Some(MARK), Some(HOUR)][drawn % 4],
        }
    }

    fn many<T>(&mut self, limit: usize, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(limit)).map(|_| make(self)).collect()
    }

    fn raw_object(&mut self) -> RawObject<'static> {
        // Only what has no mark of its own takes one of ours.
        let cache_control = self.mark();
        let json = if cache_control.is_some() {
            RawJson::assume_valid([RAWS[0], RAWS[6], " { } "][self.below(3)])
        } else {
            RawJson::assume_valid(RAWS[self.below(4)])
        };
        RawObject { json, cache_control }
    }

    fn image(&mut self) -> Image<'static> {
        let source = match self.below(3) {
            0 => ImageSource::Url(self.text()),
            1 => ImageSource::Base64 { media_type: "image/png", data: self.text() },
            _ => ImageSource::File(self.text()),
        };
        Image { source, cache_control: self.mark() }
    }

    fn document(&mut self) -> Document<'static> {
        let source = match self.below(5) {
            0 => DocumentSource::File(self.text()),
            1 => DocumentSource::Base64 { media_type: "application/pdf", data: self.text() },
            2 => DocumentSource::Url(self.text()),
            3 => DocumentSource::Text(self.text()),
            _ => DocumentSource::Chunks(&TEXTS[..self.below(TEXTS.len())]),
        };
        let mut document = Document::new(source);
        document.title = self.maybe_text();
        document.context = self.maybe_text();
        document.citations = self.one_in(3);
        document.cache_control = self.mark();
        document
    }

    fn search_result(&mut self) -> SearchResult<'static> {
        let content = &TEXTS[..self.below(TEXTS.len())];
        let mut result = SearchResult::new(self.text(), self.text(), content);
        result.citations = self.one_in(2);
        result.cache_control = self.mark();
        result
    }

    fn inner(&mut self) -> InnerBlock<'static> {
        match self.below(6) {
            0 => InnerBlock::Text(self.text()),
            4 => InnerBlock::ToolReference(self.text()),
            1 => InnerBlock::Raw(self.raw()),
            2 => InnerBlock::Image(self.image()),
            3 => InnerBlock::Document(self.document()),
            _ => InnerBlock::SearchResult(self.search_result()),
        }
    }

    fn system_text(&mut self) -> Text<'static> {
        Text { text: self.text(), citations: None, cache_control: self.mark() }
    }

    fn block<'i>(&mut self, inner: &'i [Vec<InnerBlock<'static>>]) -> Block<'i> {
        match self.below(9) {
            7 => {
                let mut upload = ContainerUpload::new(self.text());
                upload.cache_control = self.mark();
                upload.into()
            }
            0 => Block::Text(Text { citations: self.maybe_raw(), ..self.system_text() }),
            1 => {
                let content = match self.below(2 + inner.len()) {
                    0 => ToolResultContent::Empty,
                    1 => ToolResultContent::Text(self.text()),
                    index => ToolResultContent::Blocks(&inner[index - 2]),
                };
                let (is_error, cache_control) = (self.one_in(3), self.mark());
                ToolResult { tool_use_id: self.text(), content, is_error, cache_control }.into()
            }
            2 => {
                let mut call = ToolUse::new(self.text(), self.text(), self.raw());
                call.cache_control = self.mark();
                call.into()
            }
            3 => Block::Raw(self.raw_object()),
            4 => self.image().into(),
            5 => self.document().into(),
            6 => self.search_result().into(),
            _ => Block::Thinking(self.raw()),
        }
    }

    fn tool(&mut self) -> Tool<'static> {
        if self.one_in(3) {
            return Tool::Raw(self.raw_object());
        }
        let mut function = Function::new(self.text(), self.raw());
        function.description = self.maybe_text();
        function.strict = [None, Some(false), Some(true)][self.below(3)];
        function.defer_loading = self.one_in(4);
        function.cache_control = self.mark();
        Tool::Function(function)
    }

    fn parameters(&mut self, request: &mut Request<'_>) {
        let numbers = [0.7, 1.0, -0.0, 0.1 + 0.2, 1e-7, 9_007_199_254_740_991.0, 123_456.789];
        request.max_tokens = [None, Some(0), Some(u32::MAX)][self.below(3)];
        request.temperature = self.one_in(2).then(|| numbers[self.below(numbers.len())]);
        request.top_p = self.one_in(2).then(|| numbers[self.below(numbers.len())]);
        request.top_k = self.one_in(8).then_some(40);
        request.stop_sequences = &TEXTS[..self.below(3)];
        request.user_id = self.maybe_text();
        request.service_tier = self.maybe_text();
        request.effort = self.maybe_text();
        request.stream = self.one_in(2);
        request.cache_control = self.mark();
        request.thinking = self.one_in(8).then(|| self.raw());
        request.diagnostics =
            self.one_in(8).then(|| Diagnostics { previous_message_id: self.maybe_text() });
        request.output = self.one_in(3).then(|| OutputFormat {
            name: self.text(),
            schema: self.raw(),
            strict: self.one_in(2),
        });
        request.tool_choice = self.one_in(2).then(|| {
            let name = ToolChoiceMode::Tool(self.text());
            let modes = [ToolChoiceMode::Auto, ToolChoiceMode::Any, ToolChoiceMode::None, name];
            ToolChoice { mode: modes[self.below(4)], disable_parallel: self.one_in(2) }
        });
    }
}

/// Runs `test` on the request that a tape describes.
pub(super) fn with_request<R>(tape: &[u8], test: impl FnOnce(&Request<'_>) -> R) -> R {
    let tape = &mut Tape { choices: tape.iter(), fault: "" };
    tape.fault = FAULTY[tape.below(2)];
    let inner = tape.many(4, |tape| tape.many(3, Tape::inner));
    let blocks = tape.many(6, |tape| tape.many(4, |tape| tape.block(&inner)));
    let roles = [Role::User, Role::Assistant, Role::System, Role::Developer];
    let messages: Vec<_> = blocks
        .iter()
        .map(|blocks| {
            let content = match (tape.below(4), blocks.first()) {
                (0, _) => Content::Text(tape.text()),
                (3, _) => Content::Whole(tape.raw()),
                (1, Some(block)) => Content::Block(*block),
                _ => Content::Blocks(blocks),
            };
            Message { role: roles[tape.below(4)], content }
        })
        .collect();
    let tools = tape.many(4, Tape::tool);
    let system = tape.many(3, Tape::system_text);
    let extra = tape.many(6, |tape| (NAMES[tape.below(NAMES.len())], tape.raw()));
    let mut request = Request::new(tape.text(), 0, &messages);
    tape.parameters(&mut request);
    request.tools = &tools;
    request.extra = &extra;
    request.system = match tape.below(5) {
        4 => Some(SystemPrompt::Raw(tape.raw())),
        0 => None,
        1 => Some(SystemPrompt::Text(tape.text())),
        2 => system.first().map(|block| SystemPrompt::Block(*block)),
        _ => Some(SystemPrompt::Blocks(&system)),
    };
    test(&request)
}
