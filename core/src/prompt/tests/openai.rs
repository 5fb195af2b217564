use super::*;

/// Every parameter has its place and form; the system prompt is the first message.
#[test]
fn all_members() {
    let schema = RawJson::assume_valid(r#"{"type":"object"}"#);
    let mut function = Function::new("f", schema);
    function.strict = Some(true);
    let tools = [function.into()];
    let messages = [Message::user("hi"), Message { role: Role::Developer, ..Message::user("d") }];
    let mut request = Request::new("m", 9, &messages);
    request.tools = &tools;
    request.tool_choice = Some(ToolChoice::new(ToolChoiceMode::Tool("f")).one_at_a_time());
    request.system = Some(SystemPrompt::Text("s"));
    request.output = Some(OutputFormat::strict("person", schema));
    request.effort = Some("low");
    request.temperature = Some(0.0);
    request.stop_sequences = &["x"];
    request.user_id = Some("u");
    request.cache_control = Some(MARK);
    request.stream = true;
    let extra = [("seed", RawJson::assume_valid("4611686018427387904"))];
    request.extra = &extra;
    let golden = concat!(
        r#"{"model":"m","max_completion_tokens":9,"temperature":0,"stop":["x"],"#,
        r#""reasoning_effort":"low","safety_identifier":"u","#,
        r#""prompt_cache_options":{"mode":"implicit"},"stream":true,"#,
        r#""tools":[{"type":"function","function":{"name":"f","#,
        r#""parameters":{"type":"object"},"strict":true}}],"#,
        r#""tool_choice":{"type":"function","function":{"name":"f"}},"#,
        r#""parallel_tool_calls":false,"response_format":{"type":"json_schema","json_schema":"#,
        r#"{"name":"person","schema":{"type":"object"},"strict":true}},"#,
        r#""messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"},"#,
        r#"{"role":"developer","content":"d"}],"seed":4611686018427387904}"#,
    );
    assert_encodes(&request, Dialect::OpenAiChat, golden);
}

/// One conversation with a tool: calls and results take the places that this API gives them, and
/// text around results stays in order.
#[test]
fn conversation_with_tools() {
    let input = RawJson::assume_valid(r#"{"city": "Z\u00fcrich"}"#);
    let asked = [Block::text("Let me see."), ToolUse::new("c1", "w", input).into()];
    let called = [ToolUse::new("c2", "w", RawJson::assume_valid("{}")).into()];
    let inner = [InnerBlock::Text("rain")];
    let answered = [
        Block::tool_result("c1", "sun"),
        ToolResult::new("c2", ToolResultContent::Blocks(&inner)).into(),
        Block::text("And now?"),
        Block::cached_text("Here.", MARK),
    ];
    let messages = [
        Message::assistant_blocks(&asked),
        Message::assistant_blocks(&called),
        Message::user_blocks(&answered),
    ];
    let golden = concat!(
        r#"{"model":"m","max_completion_tokens":9,"messages":["#,
        r#"{"role":"assistant","content":[{"type":"text","text":"Let me see."}],"tool_calls":"#,
        r#"[{"id":"c1","type":"function","function":{"name":"w","#,
        r#""arguments":"{\"city\": \"Z\\u00fcrich\"}"}}]},"#,
        r#"{"role":"assistant","content":null,"tool_calls":"#,
        r#"[{"id":"c2","type":"function","function":{"name":"w","arguments":"{}"}}]},"#,
        r#"{"role":"tool","tool_call_id":"c1","content":"sun"},"#,
        r#"{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"rain"}]},"#,
        r#"{"role":"user","content":[{"type":"text","text":"And now?"},"#,
        r#"{"type":"text","text":"Here.","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}"#,
    );
    assert_encodes(&Request::new("m", 9, &messages), Dialect::OpenAiChat, golden);
}

/// Pictures and files become parts; inline bytes become data URLs.
#[test]
fn media_parts() {
    let inline = ImageSource::Base64 { media_type: "image/png", data: "AA==" };
    let pdf = DocumentSource::Base64 { media_type: "application/pdf", data: "BB==" };
    let raw = RawJson::assume_valid(r#"{"type":"input_audio"}"#);
    let blocks = [
        Image::new(inline).with_cache_control(MARK).into(),
        Image::new(ImageSource::Url("https://example.com/a.png")).into(),
        Document::new(pdf).into(),
        Document::new(DocumentSource::File("file-1")).into(),
        Block::Raw(RawObject::new(raw).with_cache_control(MARK)),
    ];
    let messages = [Message::user_blocks(&blocks)];
    let golden = concat!(
        r#"{"model":"m","max_completion_tokens":9,"messages":[{"role":"user","content":["#,
        r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="},"#,
        r#""prompt_cache_breakpoint":{"mode":"explicit"}},"#,
        r#"{"type":"image_url","image_url":{"url":"https://example.com/a.png"}},"#,
        r#"{"type":"file","file":{"filename":"document.pdf","#,
        r#""file_data":"data:application/pdf;base64,BB=="}},"#,
        r#"{"type":"file","file":{"file_id":"file-1"}},"#,
        r#"{"type":"input_audio","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}"#,
    );
    assert_encodes(&Request::new("m", 9, &messages), Dialect::OpenAiChat, golden);
}

/// What the API has no place for is refused with its path, never left out in silence.
#[test]
fn no_place() {
    let schema = RawJson::assume_valid("{}");
    let tools = [Function::new("f", schema).with_cache_control(MARK).into()];
    let messages = [Message::user("hi")];
    let mut request = Request::new("m", 9, &messages);
    request.tools = &tools;
    assert_refused(&request, Place::Tool(0));

    let result = ToolResult::new("id", ToolResultContent::Text("r"));
    let foreign = [
        Block::Thinking(RawJson::assume_valid("{}")),
        SearchResult::new("s", "t", &[]).into(),
        Document::new(DocumentSource::Text("t")).into(),
        Image::new(ImageSource::File("f")).into(),
        ToolUse::new("id", "f", schema).into(),
        result.with_cache_control(MARK).into(),
        result.with_error().into(),
    ];
    for block in foreign {
        let blocks = [Block::text("t"), block];
        let messages = [Message::user_blocks(&blocks)];
        let place = Place::Block { message: 0, block: 1 };
        assert_refused(&Request::new("m", 9, &messages), place);
    }
}

fn assert_refused(request: &Request<'_>, place: Place) {
    assert_breaks(request, Violation::new(place, Rule::Unsupported));
}

fn assert_breaks(request: &Request<'_>, violation: Violation) {
    assert_eq!(request.check(Dialect::OpenAiChat), Err(violation));
    let mut buffer = [0_u8; 8];
    let mut rest = buffer.as_mut_slice();
    let refused = request.encode_unvalidated(Dialect::OpenAiChat, &mut rest);
    assert_eq!(refused, Err(EncodeError::Rejected(violation)));
    assert_eq!(rest.len(), 8, "nothing is written");
}

/// A stated lifetime goes out with its mark, on parts of every kind; the request's own is 30
/// minutes at most.
#[test]
fn lifetimes() {
    let raw = RawObject::new(RawJson::assume_valid(r#"{"type":"input_audio"}"#));
    let long = MARK.with_ttl(Ttl::TwelveHours);
    let short = MARK.with_ttl(Ttl::ThirtyMinutes);
    let blocks = [
        Block::cached_text("a", long),
        Image::new(ImageSource::Url("u")).with_cache_control(short).into(),
        Document::new(DocumentSource::File("f")).with_cache_control(long).into(),
        Block::Raw(raw.with_cache_control(short)),
    ];
    let messages = [Message::user_blocks(&blocks)];
    let mut request = Request::new("m", 9, &messages);
    request.system = Some(SystemPrompt::cached("s", long));
    request.cache_control = Some(short);
    let golden = concat!(
        r#"{"model":"m","max_completion_tokens":9,"#,
        r#""prompt_cache_options":{"mode":"implicit","ttl":"30m"},"messages":["#,
        r#"{"role":"system","content":[{"type":"text","text":"s","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}}]},"#,
        r#"{"role":"user","content":[{"type":"text","text":"a","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}},"#,
        r#"{"type":"image_url","image_url":{"url":"u"},"#,
        r#""prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}},"#,
        r#"{"type":"file","file":{"file_id":"f"},"#,
        r#""prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}},"#,
        r#"{"type":"input_audio","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}]}]}"#,
    );
    assert_encodes(&request, Dialect::OpenAiChat, golden);
    request.cache_control = Some(long);
    let place = Place::Member("cache_control");
    assert_breaks(&request, Violation::new(place, Rule::ForeignTtl));
}

/// A lifetime of Anthropic's is refused with the path of the mark, wherever that stands: none is
/// replaced by one that is near to it.
#[test]
fn foreign_lifetimes() {
    let raw = RawObject::new(RawJson::assume_valid("{}"));
    for mark in [HOUR, MARK.with_ttl(Ttl::FiveMinutes)] {
        let breaks = |request: &Request<'_>, place| {
            assert_breaks(request, Violation::new(place, Rule::ForeignTtl));
        };
        let messages = [Message::user("hi")];
        let mut request = Request::new("m", 9, &messages);
        request.system = Some(SystemPrompt::cached("s", mark));
        breaks(&request, Place::SystemBlock(0));
        request.system = None;
        request.cache_control = Some(mark);
        breaks(&request, Place::Member("cache_control"));
        let marked = [
            Block::cached_text("t", mark),
            Image::new(ImageSource::Url("u")).with_cache_control(mark).into(),
            Document::new(DocumentSource::File("f")).with_cache_control(mark).into(),
            Block::Raw(raw.with_cache_control(mark)),
        ];
        for block in marked {
            let blocks = [Block::text("t"), block];
            let messages = [Message::user_blocks(&blocks)];
            let place = Place::Block { message: 0, block: 1 };
            breaks(&Request::new("m", 9, &messages), place);
        }
    }
}

/// A part that carries a breakpoint goes out as it is, and takes no second one.
#[test]
fn raw_parts_are_marked_once() {
    let text = r#"{"type":"text","text":"t","prompt_cache_breakpoint":{"mode":"explicit"}}"#;
    let part = RawObject::new(RawJson::assume_valid(text));
    let blocks = [Block::Raw(part)];
    let messages = [Message::user_blocks(&blocks)];
    assert_eq!(Request::new("m", 9, &messages).check(Dialect::OpenAiChat), Ok(()));
    let blocks = [Block::Raw(part.with_cache_control(MARK))];
    let messages = [Message::user_blocks(&blocks)];
    let place = Place::Block { message: 0, block: 0 };
    let twice = Violation::new(place, Rule::MarkedTwice);
    assert_eq!(Request::new("m", 9, &messages).check(Dialect::OpenAiChat), Err(twice));
}
