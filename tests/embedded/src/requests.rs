//! The requests whose keys are computed on the device and on the host; both include this file.

/// (name, dialect, body)
pub const REQUESTS: [(&str, &str, &str); 5] = [
    (
        "plain",
        "anthropic.messages",
        r#"{"model":"claude-haiku-4-5","max_tokens":64,"messages":[{"role":"user","content":"Is the valve open?"}]}"#,
    ),
    (
        "marked",
        "anthropic.messages",
        r#"{"max_tokens":64,"messages":[{"content":[{"text":"Is the valve open?","type":"text","cache_control":{"type":"ephemeral"}}],"role":"user"}],"model":"claude-haiku-4-5","stream":false}"#,
    ),
    (
        "unmarked",
        "anthropic.messages",
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Is the valve\u0020open?"}]}], "model":"claude-haiku-4-5", "max_tokens":64.0}"#,
    ),
    (
        "numbers",
        "openai.chat",
        r#"{"model":"gpt-4o","seed":4611686018427387904,"temperature":0.30000000000000004,"top_p":1e-7,"logit_bias":{"50256":-100.50,"9":1E21},"user":"left out","messages":[]}"#,
    ),
    (
        "names",
        "json",
        r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":[[[{"deep":null}]]]}"#,
    ),
];
