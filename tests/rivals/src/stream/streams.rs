//! Streams as the providers write them.

use llm_cache_core::key::Dialect;

use crate::{
    random::Random,
    text::{self, Style},
};

/// How many bytes of text, or of arguments, a stream carries.
const TEXT_LEN: usize = 8_000;

/// A case, its dialect, and the bytes of the stream.
pub(super) fn all(seed: u64) -> Vec<(&'static str, Dialect, Vec<u8>)> {
    use Dialect::{AnthropicMessages, OpenAiChat};
    vec![
        ("chat text", OpenAiChat, chat_text(&pieces(Style::Ascii, seed), false)),
        ("chat code", OpenAiChat, chat_text(&pieces(Style::Escapes, seed), false)),
        ("chat padded", OpenAiChat, chat_text(&pieces(Style::Mixed, seed), true)),
        ("chat call", OpenAiChat, chat_call(&arguments(seed))),
        ("anthropic text", AnthropicMessages, anthropic_text(&pieces(Style::Ascii, seed))),
        ("anthropic call", AnthropicMessages, anthropic_call(&arguments(seed))),
    ]
}

/// A text in pieces as tokens are: words, with their escapes whole.
fn pieces(style: Style, seed: u64) -> Vec<String> {
    let mut text = Vec::new();
    text::write(style, &mut Random::new(seed), TEXT_LEN, &mut text);
    let text = String::from_utf8(text).expect("generated text is UTF-8");
    text.split_inclusive(' ').map(str::to_owned).collect()
}

/// The arguments of a call, as a JSON text in pieces of a few characters.
fn arguments(seed: u64) -> Vec<String> {
    let mut pieces = vec![r#"{\"text\":\""#.to_owned()];
    pieces.extend(pieces_of_prose(seed));
    pieces.push(r#"\"}"#.to_owned());
    pieces
}

fn pieces_of_prose(seed: u64) -> Vec<String> {
    let plain = |piece: String| piece.replace(['\\', '"'], "");
    pieces(Style::Ascii, seed).into_iter().map(plain).collect()
}

fn chunk(delta: &str, finish: &str, more: &str) -> String {
    format!(
        concat!(
            r#"data: {{"id":"chatcmpl-D1f3a9c2b7e84f6d9a0b1c2d3e4f5a6b","object":"#,
            r#""chat.completion.chunk","created":1764547200,"model":"gpt-6-sol-2026-08-01","#,
            r#""service_tier":"default","system_fingerprint":"fp_50cad350e4","choices":[{{"#,
            r#""index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null{more}}}"#,
            "\n\n"
        ),
        delta = delta,
        finish = finish,
        more = more
    )
}

const USAGE: &str = concat!(
    r#"data: {"id":"chatcmpl-D1f3a9c2b7e84f6d9a0b1c2d3e4f5a6b","object":"chat.completion.chunk","#,
    r#""created":1764547200,"model":"gpt-6-sol-2026-08-01","choices":[],"#,
    r#""usage":{"prompt_tokens":24,"completion_tokens":1200,"total_tokens":1224}}"#,
    "\n\ndata: [DONE]\n\n"
);

fn chat_text(pieces: &[String], is_padded: bool) -> Vec<u8> {
    let mut stream = chunk(r#"{"role":"assistant","content":"","refusal":null}"#, "null", "");
    for (nth, piece) in pieces.iter().enumerate() {
        let padding = &"hGx0PqW9vLr"[..nth % 11];
        let more = format!(r#","obfuscation":"{padding}""#);
        let more = if is_padded { more.as_str() } else { "" };
        stream.push_str(&chunk(&format!(r#"{{"content":"{piece}"}}"#), "null", more));
    }
    stream.push_str(&chunk("{}", r#""stop""#, ""));
    stream.push_str(USAGE);
    stream.into_bytes()
}

fn chat_call(pieces: &[String]) -> Vec<u8> {
    let call = |head: &str, arguments: &str| {
        let function = format!(r#"{{{head}"arguments":"{arguments}"}}"#);
        let id = if head.is_empty() { "" } else { r#""id":"call_x1","type":"function","# };
        chunk(&format!(r#"{{"tool_calls":[{{"index":0,{id}"function":{function}}}]}}"#), "null", "")
    };
    let mut stream = chunk(r#"{"role":"assistant","content":null}"#, "null", "");
    stream.push_str(&call(r#""name":"write","#, ""));
    pieces.iter().for_each(|piece| stream.push_str(&call("", piece)));
    stream.push_str(&chunk("{}", r#""tool_calls""#, ""));
    stream.push_str(USAGE);
    stream.into_bytes()
}

fn event(name: &str, rest: &str) -> String {
    format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n")
}

fn anthropic(block: &str, kind: &str, member: &str, pieces: &[String], stop: &str) -> Vec<u8> {
    let message = concat!(
        r#","message":{"model":"claude-sonnet-5","id":"msg_01XFDUDYJgAACzvnptvVoYEL","#,
        r#""type":"message","role":"assistant","content":[],"stop_reason":null,"#,
        r#""stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":0,"#,
        r#""cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}"#
    );
    let mut stream = event("message_start", message);
    stream
        .push_str(&event("content_block_start", &format!(r#","index":0,"content_block":{block}"#)));
    for piece in pieces {
        let delta = format!(r#","index":0,"delta":{{"type":"{kind}","{member}":"{piece}"}}"#);
        stream.push_str(&event("content_block_delta", &delta));
    }
    stream.push_str(&event("content_block_stop", r#","index":0"#));
    let delta = format!(
        r#","delta":{{"stop_reason":"{stop}","stop_sequence":null}},"usage":{{"output_tokens":1200}}"#
    );
    stream.push_str(&event("message_delta", &delta));
    stream.push_str(&event("message_stop", ""));
    stream.into_bytes()
}

fn anthropic_text(pieces: &[String]) -> Vec<u8> {
    anthropic(r#"{"type":"text","text":""}"#, "text_delta", "text", pieces, "end_turn")
}

fn anthropic_call(pieces: &[String]) -> Vec<u8> {
    let block = r#"{"type":"tool_use","id":"toolu_01T1","name":"write","input":{}}"#;
    anthropic(block, "input_json_delta", "partial_json", pieces, "tool_use")
}
