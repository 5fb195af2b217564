use super::*;

fn body(messages: &str) -> String {
    std::format!(r#"{{"model":"m","max_tokens":9,"messages":[{messages}]}}"#)
}

fn assert_block(block: Block<'_>, golden: &str) {
    let blocks = [block];
    let messages = [Message::user_blocks(&blocks)];
    let request = Request::new("m", 9, &messages);
    let golden = body(&std::format!(r#"{{"role":"user","content":[{golden}]}}"#));
    assert_encodes(&request, Dialect::AnthropicMessages, &golden);
}

/// Every parameter has its place and form, and prompt parts follow in the provider's order.
#[test]
fn all_members() {
    let schema = RawJson::assume_valid(r#"{"type":"object", "b":1.0,"a":2}"#);
    let tools = [
        Function::new("f", schema).with_description("does").with_cache_control(HOUR).into(),
        Tool::Raw(RawObject::new(RawJson::assume_valid(r#"{"type":"bash_20250124"}"#))),
    ];
    let messages = [Message::user("a\"\n\u{1}\u{e9}"), Message::assistant("b")];
    let mut request = Request::new("m", 9, &messages);
    request.tools = &tools;
    request.tool_choice = Some(ToolChoice::new(ToolChoiceMode::Tool("f")).one_at_a_time());
    let system = [Text::new("s"), Text::new("t").with_cache_control(MARK)];
    request.system = Some(SystemPrompt::Blocks(&system));
    request.cache_control = Some(MARK.with_ttl(Ttl::FiveMinutes));
    request.output = Some(OutputFormat::strict("person", schema));
    request.effort = Some("low");
    request.thinking = Some(RawJson::assume_valid(r#"{"type":"adaptive"}"#));
    request.temperature = Some(0.7);
    request.top_p = Some(1.0);
    request.top_k = Some(40);
    request.stop_sequences = &["x", "y"];
    request.user_id = Some("u");
    request.service_tier = Some("auto");
    request.diagnostics = Some(Diagnostics { previous_message_id: None });
    request.stream = true;
    let extra = [("inference_geo", RawJson::assume_valid("\"us\""))];
    request.extra = &extra;
    let golden = concat!(
        r#"{"model":"m","max_tokens":9,"temperature":0.7,"top_p":1,"top_k":40,"#,
        r#""stop_sequences":["x","y"],"metadata":{"user_id":"u"},"service_tier":"auto","#,
        r#""diagnostics":{"previous_message_id":null},"stream":true,"#,
        r#""thinking":{"type":"adaptive"},"output_config":{"effort":"low","format":"#,
        r#"{"type":"json_schema","schema":{"type":"object", "b":1.0,"a":2}}},"#,
        r#""cache_control":{"type":"ephemeral","ttl":"5m"},"#,
        r#""tools":[{"name":"f","description":"does","#,
        r#""input_schema":{"type":"object", "b":1.0,"a":2},"#,
        r#""cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"bash_20250124"}],"#,
        r#""tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"#,
        r#""system":[{"type":"text","text":"s"},"#,
        r#"{"type":"text","text":"t","cache_control":{"type":"ephemeral"}}],"#,
        r#""messages":[{"role":"user","content":"a\"\n\u0001"#,
        "\u{e9}",
        r#""},{"role":"assistant","content":"b"}],"inference_geo":"us"}"#,
    );
    assert_encodes(&request, Dialect::AnthropicMessages, golden);

    let mut bytes = [0; 1024];
    let mut rest = bytes.as_mut_slice();
    request.encode_count_tokens(&mut rest).expect("room");
    let start = r#"{"model":"m","thinking":{"type":"adaptive"},"output_config":"#;
    assert!(bytes.starts_with(start.as_bytes()));
}

/// The guide's programs: a cached system message and a cached user message reach the wire.
#[test]
fn cached_messages() {
    let messages = [Message::cached_user("long document", MARK), Message::user("a question")];
    let mut request = Request::new("m", 9, &messages);
    request.system = Some(SystemPrompt::cached("You review code.", MARK));
    let golden = concat!(
        r#"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"You review code.","#,
        r#""cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"#,
        r#"[{"type":"text","text":"long document","cache_control":{"type":"ephemeral"}}]},"#,
        r#"{"role":"user","content":"a question"}]}"#,
    );
    assert_encodes(&request, Dialect::AnthropicMessages, golden);
    request.system = Some(SystemPrompt::Text("plain"));
    assert!(encoded(&request, Dialect::AnthropicMessages).contains(r#""system":"plain","#));
}

/// Text and tool blocks.
#[test]
fn text_and_tool_blocks() {
    let mut text = Text::new("t");
    text.citations = Some(RawJson::assume_valid(r#"[{"cited_text":"x"}]"#));
    assert_block(
        text.with_cache_control(MARK).into(),
        concat!(
            r#"{"type":"text","text":"t","citations":[{"cited_text":"x"}],"#,
            r#""cache_control":{"type":"ephemeral"}}"#
        ),
    );
    let input = RawJson::assume_valid(r#"{"b":1.0,"a":"\u00e9"}"#);
    assert_block(
        ToolUse::new("id", "f", input).with_cache_control(HOUR).into(),
        concat!(
            r#"{"type":"tool_use","id":"id","name":"f","input":{"b":1.0,"a":"\u00e9"},"#,
            r#""cache_control":{"type":"ephemeral","ttl":"1h"}}"#
        ),
    );
    assert_block(
        ToolResult::new("id", ToolResultContent::Text("r")).with_error().into(),
        r#"{"type":"tool_result","tool_use_id":"id","content":"r","is_error":true}"#,
    );
    assert_block(
        ToolResult::new("id", ToolResultContent::Empty).with_cache_control(MARK).into(),
        concat!(
            r#"{"type":"tool_result","tool_use_id":"id","#,
            r#""cache_control":{"type":"ephemeral"}}"#
        ),
    );
    let inner = [
        InnerBlock::Text("x"),
        InnerBlock::Image(Image::new(ImageSource::Url("u"))),
        InnerBlock::Raw(RawJson::assume_valid(r#"{"type":"tool_reference","tool_name":"f"}"#)),
    ];
    assert_block(
        ToolResult::new("id", ToolResultContent::Blocks(&inner)).into(),
        concat!(
            r#"{"type":"tool_result","tool_use_id":"id","content":[{"type":"text","text":"x"},"#,
            r#"{"type":"image","source":{"type":"url","url":"u"}},"#,
            r#"{"type":"tool_reference","tool_name":"f"}]}"#
        ),
    );
}

/// Pictures, documents and search results from every source.
#[test]
fn media_blocks() {
    assert_block(
        Image::new(ImageSource::Base64 { media_type: "image/png", data: "AA==" }).into(),
        concat!(
            r#"{"type":"image","source":"#,
            r#"{"type":"base64","media_type":"image/png","data":"AA=="}}"#
        ),
    );
    assert_block(
        Image::new(ImageSource::File("f")).with_cache_control(MARK).into(),
        concat!(
            r#"{"type":"image","source":{"type":"file","file_id":"f"},"#,
            r#""cache_control":{"type":"ephemeral"}}"#
        ),
    );
    let mut document = Document::new(DocumentSource::Text("plain"));
    document.title = Some("T");
    document.context = Some("C");
    document.citations = true;
    assert_block(
        document.with_cache_control(MARK).into(),
        concat!(
            r#"{"type":"document","source":{"type":"text","media_type":"text/plain","#,
            r#""data":"plain"},"title":"T","context":"C","citations":{"enabled":true},"#,
            r#""cache_control":{"type":"ephemeral"}}"#
        ),
    );
    assert_block(
        Document::new(DocumentSource::Chunks(&["a", "b"])).into(),
        concat!(
            r#"{"type":"document","source":{"type":"content","content":"#,
            r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}"#
        ),
    );
    assert_block(
        Document::new(DocumentSource::Url("u")).into(),
        r#"{"type":"document","source":{"type":"url","url":"u"}}"#,
    );
    assert_block(
        SearchResult::new("s", "t", &["a"]).with_cache_control(MARK).into(),
        concat!(
            r#"{"type":"search_result","source":"s","title":"t","content":"#,
            r#"[{"type":"text","text":"a"}],"cache_control":{"type":"ephemeral"}}"#
        ),
    );
}

/// What came as JSON leaves as the same bytes, with a mark put in only where one is asked for.
#[test]
fn raw_blocks_keep_their_bytes() {
    let thinking = r#"{ "type":"thinking","thinking":"\u0068m","signature":"s" }"#;
    assert_block(Block::Thinking(RawJson::assume_valid(thinking)), thinking);
    let odd = RawJson::new("{\"type\" : \"container_upload\",\n \"n\":1.0 }").expect("JSON");
    assert_block(Block::Raw(RawObject::new(odd)), odd.as_str());
    assert_block(
        Block::Raw(RawObject::new(odd).with_cache_control(MARK)),
        concat!(
            "{\"type\" : \"container_upload\",\n \"n\":1.0 ,",
            r#""cache_control":{"type":"ephemeral"}}"#
        ),
    );
    let empty = RawObject::new(RawJson::assume_valid(" { } ")).with_cache_control(MARK);
    assert_block(Block::Raw(empty), r#" { "cache_control":{"type":"ephemeral"}}"#);
}

/// Neither model nor error says in `Debug` what the prompt is.
#[test]
fn debug_shows_no_text() {
    let blocks = [Block::text("secret"), Block::tool_result("id", "secret")];
    let messages = [Message::user("secret"), Message::user_blocks(&blocks)];
    let mut request = Request::new("m", 9, &messages);
    request.system = Some(SystemPrompt::Text("secret"));
    let shown = std::format!("{request:?} {messages:?}");
    assert!(!shown.contains("secret"), "{shown}");
}
