use super::*;

const DIALECT: Dialect = Dialect::OpenAiResponses;

/// Every parameter has its place and form; a plain system prompt is the instructions.
#[test]
fn all_members() {
    let schema = RawJson::assume_valid(r#"{"type":"object", "b":1.0}"#);
    let mut function = Function::new("f", schema).with_description("does");
    function.strict = Some(true);
    function.defer_loading = true;
    let search = RawObject::new(RawJson::assume_valid(r#"{"type":"web_search"}"#));
    let tools = [function.into(), Tool::Raw(search)];
    let messages = [Message::user("hi"), Message { role: Role::Developer, ..Message::user("d") }];
    let mut request = Request::new("m", 9, &messages);
    request.tools = &tools;
    request.tool_choice = Some(ToolChoice::new(ToolChoiceMode::Tool("f")).one_at_a_time());
    request.system = Some(SystemPrompt::Text("s"));
    request.output = Some(OutputFormat::strict("person", schema));
    request.effort = Some("low");
    request.temperature = Some(0.5);
    request.top_p = Some(1.0);
    request.user_id = Some("u");
    request.service_tier = Some("flex");
    request.cache_control = Some(MARK);
    request.stream = true;
    let extra = [("store", RawJson::assume_valid("false"))];
    request.extra = &extra;
    let golden = concat!(
        r#"{"model":"m","max_output_tokens":9,"temperature":0.5,"top_p":1,"#,
        r#""reasoning":{"effort":"low"},"text":{"format":{"type":"json_schema","name":"person","#,
        r#""schema":{"type":"object", "b":1.0},"strict":true}},"safety_identifier":"u","#,
        r#""service_tier":"flex","prompt_cache_options":{"mode":"implicit"},"stream":true,"#,
        r#""tools":[{"type":"function","name":"f","description":"does","#,
        r#""parameters":{"type":"object", "b":1.0},"strict":true,"defer_loading":true},"#,
        r#"{"type":"web_search"}],"tool_choice":{"type":"function","name":"f"},"#,
        r#""parallel_tool_calls":false,"instructions":"s","input":["#,
        r#"{"role":"user","content":"hi"},{"role":"developer","content":"d"}],"store":false}"#,
    );
    assert_encodes(&request, DIALECT, golden);
}

/// Calls and results are items in the order of the blocks; marks stand on parts, that of a result
/// on the last part of its output.
#[test]
fn conversation_with_tools() {
    let input = RawJson::assume_valid(r#"{"city": "Z\u00fcrich"}"#);
    let asked = [
        Block::text("Let me see."),
        ToolUse::new("c1", "w", input).into(),
        ToolUse::new("c2", "w", RawJson::assume_valid("{}")).into(),
    ];
    let inner = [InnerBlock::Text("rain"), InnerBlock::Image(Image::new(ImageSource::Url("u")))];
    let answered = [
        ToolResult::new("c1", ToolResultContent::Text("sun")).with_cache_control(MARK).into(),
        ToolResult::new("c2", ToolResultContent::Blocks(&inner)).with_cache_control(MARK).into(),
        Block::tool_result("c3", "plain"),
        Block::text("And now?"),
        Block::cached_text("Here.", MARK),
    ];
    let reasoning = RawJson::assume_valid(r#"{"type":"reasoning","id":"rs_1", "summary":[]}"#);
    let messages = [
        Message { role: Role::Assistant, content: Content::Whole(reasoning) },
        Message::assistant_blocks(&asked),
        Message::user_blocks(&answered),
    ];
    let mut request = Request::new("m", 9, &messages);
    request.system = Some(SystemPrompt::cached("s", MARK));
    let golden = concat!(
        r#"{"model":"m","max_output_tokens":9,"input":["#,
        r#"{"role":"system","content":[{"type":"input_text","text":"s","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit"}}]},"#,
        r#"{"type":"reasoning","id":"rs_1", "summary":[]},"#,
        r#"{"role":"assistant","content":"#,
        r#"[{"type":"output_text","text":"Let me see.","annotations":[]}]},"#,
        r#"{"type":"function_call","call_id":"c1","name":"w","#,
        r#""arguments":"{\"city\": \"Z\\u00fcrich\"}"},"#,
        r#"{"type":"function_call","call_id":"c2","name":"w","arguments":"{}"},"#,
        r#"{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","#,
        r#""text":"sun","prompt_cache_breakpoint":{"mode":"explicit"}}]},"#,
        r#"{"type":"function_call_output","call_id":"c2","output":["#,
        r#"{"type":"input_text","text":"rain"},{"type":"input_image","image_url":"u","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit"}}]},"#,
        r#"{"type":"function_call_output","call_id":"c3","output":"plain"},"#,
        r#"{"role":"user","content":[{"type":"input_text","text":"And now?"},"#,
        r#"{"type":"input_text","text":"Here.","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit"}}]}]}"#,
    );
    assert_encodes(&request, DIALECT, golden);
}

/// Pictures and files from every source that this API takes.
#[test]
fn media_parts() {
    let pdf = DocumentSource::Base64 { media_type: "application/pdf", data: "QQ==" };
    let mut named = Document::new(pdf).with_cache_control(MARK);
    named.title = Some("a.pdf");
    let png = ImageSource::Base64 { media_type: "image/png", data: "AA==" };
    let part = RawObject::new(RawJson::assume_valid(r#"{"type":"x", "n":1.0}"#));
    let blocks = [
        Image::new(png).with_cache_control(MARK).into(),
        Image::new(ImageSource::File("file_1")).into(),
        named.into(),
        Document::new(DocumentSource::File("file_2")).into(),
        Document::new(DocumentSource::Url("u")).into(),
        Block::Raw(part.with_cache_control(MARK)),
    ];
    let messages = [Message::user_blocks(&blocks)];
    let golden = concat!(
        r#"{"model":"m","max_output_tokens":9,"input":[{"role":"user","content":["#,
        r#"{"type":"input_image","image_url":"data:image/png;base64,AA==","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit"}},"#,
        r#"{"type":"input_image","file_id":"file_1"},"#,
        r#"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QQ==","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit"}},"#,
        r#"{"type":"input_file","file_id":"file_2"},{"type":"input_file","file_url":"u"},"#,
        r#"{"type":"x", "n":1.0,"prompt_cache_breakpoint":{"mode":"explicit"}}]}]}"#,
    );
    assert_encodes(&Request::new("m", 9, &messages), DIALECT, golden);
}

/// What has no place is refused where it stands, a mark too: none is dropped in silence.
#[test]
fn what_has_no_place() {
    let refused = |request: &Request<'_>, place: Place| {
        let violation = Violation::new(place, Rule::Unsupported);
        assert_eq!(request.encoded_len(DIALECT), Err(violation));
    };
    let messages = [Message::user("q")];
    let plain = Request::new("m", 9, &messages);
    refused(&Request { stop_sequences: &["x"], ..plain }, Place::Member("stop_sequences"));
    refused(&Request { top_k: Some(1), ..plain }, Place::Member("top_k"));
    let schema = RawJson::assume_valid("{}");
    let tools = [Function::new("f", schema).with_cache_control(MARK).into()];
    refused(&Request { tools: &tools, ..plain }, Place::Tool(0));

    let raw = [InnerBlock::Raw(schema)];
    let found = [InnerBlock::ToolReference("f")];
    let marked = |content| ToolResult::new("c", content).with_cache_control(MARK);
    let assistant = [
        Block::cached_text("t", MARK),
        ToolUse::new("c", "f", schema).with_cache_control(MARK).into(),
        Block::Thinking(schema),
        ContainerUpload::new("f").into(),
    ];
    for block in assistant {
        let messages = [Message { role: Role::Assistant, content: Content::Block(block) }];
        refused(&Request { messages: &messages, ..plain }, Place::Block { message: 0, block: 0 });
    }
    let user = [
        marked(ToolResultContent::Empty).into(),
        marked(ToolResultContent::Blocks(&raw)).into(),
        ToolResult::new("c", ToolResultContent::Text("r")).with_error().into(),
        Document::new(DocumentSource::Text("t")).into(),
        SearchResult::new("s", "t", &[]).into(),
    ];
    for block in user {
        let messages = [Message { role: Role::User, content: Content::Block(block) }];
        refused(&Request { messages: &messages, ..plain }, Place::Block { message: 0, block: 0 });
    }
    let blocks = [ToolResult::new("c", ToolResultContent::Blocks(&found)).into()];
    let messages = [Message::user_blocks(&blocks)];
    let place = Place::InnerBlock { message: 0, block: 0, inner: 0 };
    refused(&Request { messages: &messages, ..plain }, place);
}

/// A stated lifetime goes out with its mark, that of a request and of a tool's result too; one of
/// Anthropic's is refused where it stands.
#[test]
fn lifetimes() {
    let long = MARK.with_ttl(Ttl::TwelveHours);
    let inner = [InnerBlock::Text("rain"), InnerBlock::Text("sun")];
    let blocks = [
        ToolResult::new("c1", ToolResultContent::Blocks(&inner)).with_cache_control(long).into(),
        Block::cached_text("a", MARK.with_ttl(Ttl::ThirtyMinutes)),
    ];
    let messages = [Message::user_blocks(&blocks)];
    let mut request = Request::new("m", 9, &messages);
    request.cache_control = Some(long);
    let golden = concat!(
        r#"{"model":"m","max_output_tokens":9,"#,
        r#""prompt_cache_options":{"mode":"implicit","ttl":"12h"},"input":["#,
        r#"{"type":"function_call_output","call_id":"c1","output":["#,
        r#"{"type":"input_text","text":"rain"},{"type":"input_text","text":"sun","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}}]},"#,
        r#"{"role":"user","content":[{"type":"input_text","text":"a","#,
        r#""prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}]}]}"#,
    );
    assert_encodes(&request, DIALECT, golden);

    for mark in [HOUR, MARK.with_ttl(Ttl::FiveMinutes)] {
        let refused = |request: &Request<'_>, place| {
            let violation = Violation::new(place, Rule::ForeignTtl);
            assert_eq!(request.encoded_len(DIALECT), Err(violation));
        };
        let result = ToolResult::new("c", ToolResultContent::Text("r"));
        for block in [result.with_cache_control(mark).into(), Block::cached_text("t", mark)] {
            let messages = [Message { role: Role::User, content: Content::Block(block) }];
            let place = Place::Block { message: 0, block: 0 };
            refused(&Request::new("m", 9, &messages), place);
        }
        let messages = [Message::user("q")];
        let mut request = Request::new("m", 9, &messages);
        request.cache_control = Some(mark);
        refused(&request, Place::Member("cache_control"));
    }
}
