use super::*;

const DIALECT: Dialect = Dialect::AnthropicMessages;

fn broken(request: &Request<'_>) -> String {
    let mut buffer = [0_u8; 8];
    let mut rest = buffer.as_mut_slice();
    match request.encode(DIALECT, &mut rest) {
        Err(EncodeError::Rejected(violation)) => {
            assert_eq!(request.encoded_len(DIALECT), Err(violation));
            assert_eq!(rest.len(), 8, "nothing is written");
            std::format!("{violation}")
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn broken_block(block: Block<'_>) -> String {
    let blocks = [Block::text("t"), block];
    let messages = [Message::user("u"), Message::user_blocks(&blocks)];
    broken(&Request::new("m", 9, &messages))
}

fn raw(text: &str) -> RawJson<'_> {
    RawJson::assume_valid(text)
}

/// Four marks pass, a fifth is named; automatic caching counts, unless it marks what is marked.
#[test]
fn four_breakpoints() {
    let marked = Text::new("s").with_cache_control(MARK);
    let system = [marked; 3];
    let messages = [Message::cached_user("u", MARK)];
    let mut request = Request::new("m", 9, &messages);
    request.system = Some(SystemPrompt::Blocks(&system));
    request.cache_control = Some(MARK.with_ttl(Ttl::FiveMinutes));
    assert_eq!(request.check(DIALECT), Ok(()));

    let messages = [Message::cached_user("u", MARK), Message::user("v")];
    request.messages = &messages;
    let found = "at most 4 breakpoints are allowed, found 5";
    assert_eq!(broken(&request), std::format!("cache_control: {found}"));

    request.cache_control = None;
    let system = [marked; 5];
    request.system = Some(SystemPrompt::Blocks(&system));
    assert_eq!(broken(&request), "system.4: at most 4 breakpoints are allowed, found 6");
}

/// A lifetime of OpenAI's is refused where it stands, with the rules or without.
#[test]
fn foreign_lifetimes() {
    for ttl in [Ttl::ThirtyMinutes, Ttl::TwelveHours] {
        let mark = MARK.with_ttl(ttl);
        let refused = |path: &str| std::format!("{path}: {}", Rule::ForeignTtl);
        assert_eq!(broken_block(Block::cached_text("t", mark)), refused("messages.1.content.1"));
        let unsaid = RawObject::new(raw("{}")).with_cache_control(mark);
        assert_eq!(broken_block(Block::Raw(unsaid)), refused("messages.1.content.1"));
        let tools = [Function::new("f", raw("{}")).with_cache_control(mark).into()];
        let messages = [Message::user("u")];
        let mut request = Request::new("m", 9, &messages);
        request.tools = &tools;
        assert_eq!(broken(&request), refused("tools.0"));
        request.tools = &[];
        request.cache_control = Some(mark);
        assert_eq!(broken(&request), refused("cache_control"));
        let violation = Violation::new(Place::Member("cache_control"), Rule::ForeignTtl);
        let mut rest: &mut [u8] = &mut [];
        let refused = request.encode_unvalidated(DIALECT, &mut rest);
        assert_eq!(refused, Err(EncodeError::Rejected(violation)));

        let inner = [InnerBlock::Image(Image::new(ImageSource::Url("u")).with_cache_control(mark))];
        let result = ToolResult::new("c", ToolResultContent::Blocks(&inner));
        let place = "messages.1.content.1.content.0";
        assert_eq!(broken_block(result.into()), std::format!("{place}: {}", Rule::ForeignTtl));
    }
}

/// A mark inside raw JSON counts like any other, and only one may be on a block.
#[test]
fn marks_in_raw_json() {
    let marked = raw(r#"{"type":"custom","cache_control":{"type":"ephemeral","ttl":"5m"}}"#);
    let tools = [Tool::Raw(RawObject::new(marked)); 5];
    let messages = [Message::user("u")];
    let mut request = Request::new("m", 9, &messages);
    request.tools = &tools;
    assert_eq!(broken(&request), "tools.4: at most 4 breakpoints are allowed, found 5");
    request.tools = &tools[..1];
    request.system = Some(SystemPrompt::cached("s", HOUR));
    assert_eq!(broken(&request), std::format!("system.0: {}", Rule::TtlOrder));

    let place = "messages.1.content.1: ";
    for (text, rule) in [
        (r#"{"cache_control":{"type":"ephemeral","ttl":"2h"}}"#, Rule::BadCacheControl),
        (r#"{"cache_control":{"type":"persistent"}}"#, Rule::BadCacheControl),
        (r#"{"cache_control":1}"#, Rule::BadCacheControl),
        ("[]", Rule::NotAnObject),
        ("{\"a\":1,}", Rule::NotJson { offset: 7 }),
    ] {
        let refused = broken_block(Block::Raw(RawObject::new(raw(text))));
        assert_eq!(refused, std::format!("{place}{rule}"));
    }
    let twice = Block::Raw(RawObject::new(marked).with_cache_control(MARK));
    assert_eq!(broken_block(twice), std::format!("{place}{}", Rule::MarkedTwice));
    let thinking = Block::Thinking(marked);
    assert_eq!(broken_block(thinking), std::format!("{place}{}", Rule::ThinkingMark));
    let null = Block::Raw(RawObject::new(raw(r#"{"cache_control":null}"#)));
    let blocks = [null; 5];
    let messages = [Message::user_blocks(&blocks)];
    assert_eq!(Request::new("m", 9, &messages).check(DIALECT), Ok(()));
}

/// One hour may precede five minutes, never follow; a bare mark is five minutes.
#[test]
fn longer_lifetimes_first() {
    let schema = raw("{}");
    let tools = [Function::new("f", schema).with_cache_control(HOUR).into()];
    let messages = [Message::cached_user("u", HOUR)];
    let mut request = Request::new("m", 9, &messages);
    request.tools = &tools;
    request.system = Some(SystemPrompt::cached("s", HOUR));
    assert_eq!(request.check(DIALECT), Ok(()));
    request.system = Some(SystemPrompt::cached("s", MARK));
    assert_eq!(broken(&request), std::format!("messages.0.content.0: {}", Rule::TtlOrder));
    let messages = [Message::cached_user("u", MARK), Message::user("v")];
    request.messages = &messages;
    request.cache_control = Some(HOUR);
    assert_eq!(broken(&request), std::format!("cache_control: {}", Rule::TtlOrder));
}

/// Automatic caching must agree with a mark on the block it would mark.
#[test]
fn automatic_caching_agrees() {
    let blocks = [Block::cached_text("t", MARK), Block::Thinking(raw("{}")), Block::text("")];
    let messages = [Message::user_blocks(&blocks)];
    let mut request = Request::new("m", 9, &messages);
    request.cache_control = Some(HOUR);
    assert_eq!(broken(&request), std::format!("messages.0.content.0: {}", Rule::AutomaticTtl));
    request.cache_control = Some(MARK);
    assert_eq!(request.check(DIALECT), Ok(()));
}

/// Marks where the API refuses them.
#[test]
fn unmarkable() {
    let empty = broken_block(Block::cached_text("", MARK));
    assert_eq!(empty, std::format!("messages.1.content.1: {}", Rule::EmptyText));
    let inner = [InnerBlock::Text("x"), {
        InnerBlock::Image(Image::new(ImageSource::Url("u")).with_cache_control(MARK))
    }];
    let nested = ToolResult::new("id", ToolResultContent::Blocks(&inner));
    let refused = broken_block(nested.into());
    assert_eq!(refused, std::format!("messages.1.content.1.content.1: {}", Rule::NestedMark));

    let mut function = Function::new("f", raw("{}")).with_cache_control(MARK);
    function.defer_loading = true;
    let tools = [function.into()];
    let messages = [Message::user("u")];
    let mut request = Request::new("m", 9, &messages);
    request.tools = &tools;
    assert_eq!(broken(&request), std::format!("tools.0: {}", Rule::DeferredTool));
    let deferred = raw(r#"{"type":"mcp_toolset","defer_loading":true}"#);
    let tools = [Tool::Raw(RawObject::new(deferred).with_cache_control(MARK))];
    request.tools = &tools;
    assert_eq!(broken(&request), std::format!("tools.0: {}", Rule::DeferredTool));
    let mut thinking = Block::Thinking(raw("{}"));
    assert!(!thinking.set_cache_control(Some(MARK)));
}

/// Parameters: numbers are numbers, required members are there, nothing is written twice.
#[test]
fn parameters() {
    let messages = [Message::user("u")];
    let mut request = Request::new("m", 9, &messages);
    request.temperature = Some(f64::NAN);
    assert_eq!(broken(&request), std::format!("temperature: {}", Rule::BadNumber));
    request.temperature = None;
    request.max_tokens = None;
    assert_eq!(broken(&request), std::format!("max_tokens: {}", Rule::Missing));
    request.max_tokens = Some(0);
    assert_eq!(request.check(DIALECT), Ok(()));
    request.thinking = Some(raw(r#"{"type":"enabled","budget_tokens":1024}"#));
    assert_eq!(broken(&request), std::format!("thinking: {}", Rule::Prewarm));
    request.thinking = None;
    request.stream = true;
    assert_eq!(broken(&request), std::format!("stream: {}", Rule::Prewarm));
    request.max_tokens = Some(1);
    let extra = [("a", raw("1")), ("stream", raw("false"))];
    request.extra = &extra;
    assert_eq!(broken(&request), std::format!("extra.1: {}", Rule::DuplicateMember));
    let extra = [("a", raw("1")), ("a", raw("1"))];
    request.extra = &extra;
    assert_eq!(broken(&request), std::format!("extra.1: {}", Rule::DuplicateMember));
    request.extra = &[];
    let messages = [Message { role: Role::Developer, ..Message::user("u") }];
    request.messages = &messages;
    assert_eq!(broken(&request), std::format!("messages.0: {}", Rule::Unsupported));
    let refused = request.check(Dialect::Json);
    assert_eq!(refused, Err(Violation::new(Place::Body, Rule::Unsupported)));
}

/// Even unvalidated, a mark is never put where it would break the JSON or be the second of its
/// name;
/// raw JSON without a mark of ours goes out whatever it is.
#[test]
fn unvalidated_marks_keep_the_body_json() {
    let marked = raw(r#"{"cache_control":{"type":"odd"}}"#);
    for (json, rule) in [(raw("[1]"), Rule::NotAnObject), (marked, Rule::MarkedTwice)] {
        for with_mark in [false, true] {
            let mut object = RawObject::new(json);
            object.cache_control = with_mark.then_some(MARK);
            let blocks = [Block::Raw(object)];
            let messages = [Message::user_blocks(&blocks)];
            let tools = [Tool::Raw(object)];
            let in_block = Request::new("m", 9, &messages);
            let mut in_tools = Request::new("m", 9, &[]);
            in_tools.tools = &tools;
            let block = Place::Block { message: 0, block: 0 };
            for (request, place) in [(in_block, block), (in_tools, Place::Tool(0))] {
                let mut buffer = [0_u8; 256];
                let mut rest = buffer.as_mut_slice();
                let written = request.encode_unvalidated(DIALECT, &mut rest);
                let refused = EncodeError::Rejected(Violation::new(place, rule));
                assert_eq!(written, if with_mark { Err(refused) } else { Ok(()) });
            }
        }
    }
}
