//! The bytes of every block type of the Messages API that may carry a mark (the `*_param` types of
//! Anthropic's SDKs, August 2026), as the model writes them: typed where a caller builds them, raw
//! where they are only echoed.

use super::*;

const MARK_MEMBER: &str = r#","cache_control":{"type":"ephemeral","ttl":"1h"}}"#;

fn user_body(block: &str) -> String {
    std::format!(
        r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":[{block}]}}]}}"#
    )
}

fn assert_block(block: Block<'_>, golden: &str) {
    let blocks = [block];
    let messages = [Message::user_blocks(&blocks)];
    let request = Request::new("m", 9, &messages);
    assert_encodes(&request, Dialect::AnthropicMessages, &user_body(golden));
}

/// Without a mark the golden text, and with one the same with the mark as its last member.
fn assert_block_and_marked(mut block: Block<'_>, golden: &str) {
    assert_block(block, golden);
    assert!(block.set_cache_control(Some(HOUR)), "{golden}");
    let open = golden.strip_suffix('}').expect("an object");
    assert_block(block, &[open, MARK_MEMBER].concat());
}

/// Types that a caller builds, in the order of their members in the SDK.
#[test]
fn typed_blocks() {
    let document =
        Document::new(DocumentSource::Base64 { media_type: "application/pdf", data: "A" });
    let call = ToolUse::new("toolu_1", "f", RawJson::assume_valid(r#"{"b":1.0,"a":"\u00e9"}"#));
    let inner = [InnerBlock::ToolReference("weather")];
    let found = ToolResult::new("toolu_2", ToolResultContent::Blocks(&inner));
    let cases: [(Block<'_>, &str); 9] = [
        (Block::text("t"), r#"{"type":"text","text":"t"}"#),
        (
            Image::new(ImageSource::Url("u")).into(),
            r#"{"type":"image","source":{"type":"url","url":"u"}}"#,
        ),
        (
            document.into(),
            concat!(
                r#"{"type":"document","source":"#,
                r#"{"type":"base64","media_type":"application/pdf","data":"A"}}"#,
            ),
        ),
        (
            Document::new(DocumentSource::File("file_1")).into(),
            r#"{"type":"document","source":{"type":"file","file_id":"file_1"}}"#,
        ),
        (
            SearchResult::new("s", "t", &["a", "b"]).into(),
            concat!(
                r#"{"type":"search_result","source":"s","title":"t","content":"#,
                r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
            ),
        ),
        (
            ContainerUpload::new("file_2").into(),
            r#"{"type":"container_upload","file_id":"file_2"}"#,
        ),
        (
            call.into(),
            r#"{"type":"tool_use","id":"toolu_1","name":"f","input":{"b":1.0,"a":"\u00e9"}}"#,
        ),
        (
            Block::tool_result("toolu_1", "r"),
            r#"{"type":"tool_result","tool_use_id":"toolu_1","content":"r"}"#,
        ),
        (
            found.into(),
            concat!(
                r#"{"type":"tool_result","tool_use_id":"toolu_2","content":"#,
                r#"[{"type":"tool_reference","tool_name":"weather"}]}"#,
            ),
        ),
    ];
    for (block, golden) in cases {
        assert_block_and_marked(block, golden);
    }
}

/// Types that are only echoed: their own bytes, odd spellings included.
const ECHOED: [&str; 15] = [
    r#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"\u0061"}}"#,
    concat!(
        r#"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":"#,
        r#"[{"type":"web_search_result","url":"u","title":"t","encrypted_content":"e"}]}"#,
    ),
    concat!(
        r#"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":"#,
        r#"{"type":"web_search_tool_result_error","error_code":"unavailable"}}"#,
    ),
    concat!(
        r#"{"type":"web_fetch_tool_result","tool_use_id":"s","content":"#,
        r#"{"type":"web_fetch_result","url":"u","content":{"type":"document","source":"#,
        r#"{"type":"text","media_type":"text/plain","data":"d"}}}}"#,
    ),
    concat!(
        r#"{"type":"code_execution_tool_result","tool_use_id":"s","content":"#,
        r#"{"type":"code_execution_result","stdout":"1.0","stderr":"","return_code":0,"content":[]}}"#,
    ),
    concat!(
        r#"{"type":"bash_code_execution_tool_result","tool_use_id":"s","content":"#,
        r#"{"type":"bash_code_execution_result","stdout":"\/","stderr":"","return_code":0}}"#,
    ),
    concat!(
        r#"{"type":"text_editor_code_execution_tool_result","tool_use_id":"s","content":"#,
        r#"{"type":"text_editor_code_execution_create_result","is_file_update":false}}"#,
    ),
    concat!(
        r#"{"type":"tool_search_tool_result","tool_use_id":"s","content":"#,
        r#"{"type":"tool_search_tool_search_result","tool_references":"#,
        r#"[{"type":"tool_reference","tool_name":"f"}]}}"#,
    ),
    r#"{"type":"container_upload", "file_id":"file_1"}"#,
    r#"{"type":"mid_conv_system","content":[{"type":"text","text":"Be brief."}]}"#,
    r#"{"type":"mcp_tool_use","id":"m","name":"f","server_name":"s","input":{}}"#,
    r#"{"type":"mcp_tool_result","tool_use_id":"m","is_error":false,"content":[]}"#,
    r#"{"type":"compaction","content":"summary"}"#,
    r#"{"type":"tool_addition","tool":{"name":"f","input_schema":{"type":"object"}}}"#,
    r#"{"type":"not_known_yet","n":1.0,"N":1e0}"#,
];

/// A type without a variant of its own goes out as it came, and takes a mark.
#[test]
#[cfg_attr(miri, ignore = "takes an interpreter 20 s; `typed_blocks` goes the same ways")]
fn echoed_blocks() {
    for golden in ECHOED {
        let json = RawJson::new(golden).expect("JSON");
        assert_block_and_marked(Block::Raw(RawObject::new(json)), golden);
    }
}

/// Thinking goes out as it came, and takes no mark.
#[test]
fn thinking_blocks() {
    for golden in [
        r#"{"type":"thinking","thinking":"h\u006d","signature":"s=="}"#,
        r#"{"data":"x","type":"redacted_thinking"}"#,
    ] {
        let mut block = Block::Thinking(RawJson::new(golden).expect("JSON"));
        assert_block(block, golden);
        assert!(!block.set_cache_control(Some(MARK)));
    }
}

/// Instructions in the middle of a conversation, and a request that only warms the cache.
#[test]
fn mid_conversation_system_and_prewarming() {
    let content = Content::Text("Answer in French from now on.");
    let messages = [Message::user("q"), Message { role: Role::System, content }];
    let mut request = Request::new("claude-opus-4-8", 0, &messages);
    request.system = Some(SystemPrompt::cached("s", HOUR));
    request.diagnostics = Some(Diagnostics { previous_message_id: Some("msg_1") });
    let golden = concat!(
        r#"{"model":"claude-opus-4-8","max_tokens":0,"#,
        r#""diagnostics":{"previous_message_id":"msg_1"},"system":[{"type":"text","text":"s","#,
        r#""cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":["#,
        r#"{"role":"user","content":"q"},"#,
        r#"{"role":"system","content":"Answer in French from now on."}]}"#,
    );
    assert_encodes(&request, Dialect::AnthropicMessages, golden);
}
