//! Requests and answers that the typed model does not know: they pass, and they are cached.

use llm_cache::{
    Cache,
    cache::Verdict,
    client::{Client, ClientBuilder, Request},
};
use llm_cache_tests::{Emulator, Options, Replay};
use serde_json::{Value, json};

/// Spelled as no encoder of ours would spell it: white space, escapes, number forms, member order.
const MESSAGES: &str = "{ \"future_switch\" : {\"depth\":1E2 ,\"mode\":\"\\u006eew\"},\r\n\t\
    \"messages\":[{\"content\":[{\"type\":\"hologram\",\"voxels\":[0.10,-0.0,1e-7],\
    \"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"9w\"}},\
    {\"type\":\"text\",\"text\":\"What is \\/ this?\",\"certainty\":null}],\"role\":\"user\",\
    \"mood\":\"calm\"}], \"max_tokens\":12 , \"model\":\"claude-of-tomorrow\",\
    \"seed\":4611686018427387904 }\n";

const CHAT: &str = "{\"messages\":[ {\"role\":\"narrator\",\"content\":[{\"type\":\"input_smell\",\
    \"smell\":{\"\\ud83d\\ude00\":1.50}}]} ],\"reasoning_depth\":[[]],\"model\":\"gpt-of-tomorrow\",\
    \"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"laziness\":0.5}}]}";

/// What the provider of that day answers: blocks, counts and members of its own.
fn messages_answer(stop_reason: &str) -> Value {
    json!({
        "type": "message", "id": "msg_1", "role": "assistant", "model": "claude-of-tomorrow",
        "content": [{"type": "hologram", "voxels": [1]}, {"type": "text", "text": "A cube."}],
        "stop_reason": stop_reason, "stop_detail": {"why": "it was all"},
        "usage": {"input_tokens": 5, "output_tokens": 2, "voxel_tokens": 7},
    })
}

fn chat_answer(finish_reason: &str) -> Value {
    json!({
        "object": "chat.completion", "id": "c_1", "model": "gpt-of-tomorrow", "smell": null,
        "choices": [{"index": 0, "finish_reason": finish_reason, "mood": "calm",
            "message": {"role": "assistant", "content": "Roses.", "smell": {"rose": 1}}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "smell_tokens": 7},
    })
}

/// A recorded pair of `body` and its answer, as a line of a recording.
fn line(path: &str, body: &str, answer: &Value) -> String {
    let request: Value = serde_json::from_str(body).unwrap();
    json!({
        "id": path, "host": "h", "path": path, "status": 200, "request": request,
        "response_headers": {"content-type": "application/json"}, "response": answer,
    })
    .to_string()
}

fn emulator(lines: &[String]) -> Emulator {
    let replay = Replay::from_lines(lines.iter().map(String::as_str)).unwrap();
    Emulator::start(Options::new().replay(replay)).unwrap()
}

fn build(builder: ClientBuilder) -> Client {
    builder.api_key("sk-replay").cache(Cache::builder().build()).build().unwrap()
}

fn client(emulator: &Emulator, path: &str) -> Client {
    if path == "/v1/messages" {
        build(Client::anthropic().base_url(emulator.base_url()))
    } else {
        build(Client::openai().base_url(emulator.openai_base_url()))
    }
}

/// New block types, roles and members go out byte for byte, and the answer is kept under a key that
/// the unknown parts belong to, and prompt-cache marks do not.
#[tokio::test]
async fn unknown_requests_pass_and_are_cached() {
    let mark = ",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"9w\"}";
    for (path, body, answer, unmarked, other) in [
        (
            "/v1/messages",
            MESSAGES,
            messages_answer("end_turn"),
            MESSAGES.replace(mark, ""),
            MESSAGES.replace("calm", "wild"),
        ),
        (
            "/v1/chat/completions",
            CHAT,
            chat_answer("stop"),
            CHAT.replace("{\"messages\"", "{\"user\":\"u\",\"messages\""),
            CHAT.replace("[[]]", "[]"),
        ),
    ] {
        assert!(unmarked != body && other != body, "the variants differ");
        let emulator = emulator(&[line(path, body, &answer), line(path, &other, &answer)]);
        let client = client(&emulator, path);
        let first = client.send(Request::raw(body)).await.unwrap();
        assert_eq!(emulator.last_request().unwrap().body, body.as_bytes());
        assert_eq!((first.outcome().to_string().as_str(), first.verdict()), MISS_AND_STORE);
        assert_eq!(first.json::<Value>().unwrap(), answer);
        for same in [body.to_owned(), unmarked] {
            let again = client.send(Request::raw(same)).await.unwrap();
            assert!(again.outcome().is_hit(), "{}", again.outcome());
            assert_eq!((again.body(), again.usage()), (first.body(), first.usage()));
        }
        assert_eq!(emulator.upstream_calls(), 1);
        let different = client.send(Request::raw(other.clone())).await.unwrap();
        assert_eq!((different.outcome().to_string().as_str(), different.verdict()), MISS_AND_STORE);
        assert_eq!(emulator.last_request().unwrap().body, other.as_bytes());
        assert_eq!((emulator.upstream_calls(), emulator.not_recorded()), (2, 0));
    }
}

const MISS_AND_STORE: (&str, Verdict) = ("miss absent", Verdict::Store);

/// An answer that ended for a reason unknown to us reaches the caller whole and is not kept.
#[tokio::test]
async fn unknown_endings_pass_and_are_not_stored() {
    for (path, body, answer) in [
        ("/v1/messages", MESSAGES, messages_answer("enlightened")),
        ("/v1/chat/completions", CHAT, chat_answer("enlightened")),
    ] {
        let emulator = emulator(&[line(path, body, &answer)]);
        let client = client(&emulator, path);
        for calls in 1..=2 {
            let reply = client.send(Request::raw(body)).await.unwrap();
            assert_eq!(reply.json::<Value>().unwrap(), answer);
            assert_eq!(reply.outcome().to_string(), "miss absent");
            let why = reply.verdict().skip_reason().map(|why| why.as_str());
            assert_eq!(why, Some("unknown_stop_reason"));
            assert_eq!(emulator.upstream_calls(), calls);
        }
    }
}

/// A tool type that nobody here knows may see the live world: its answers are not kept unless the
/// caller says so, and its request passes all the same.
#[tokio::test]
async fn unknown_tools_pass_as_live() {
    let body = MESSAGES.replacen("{ ", "{ \"tools\":[{\"type\":\"telescope_2031\"}], ", 1);
    let emulator = emulator(&[line("/v1/messages", &body, &messages_answer("end_turn"))]);
    let client = client(&emulator, "/v1/messages");
    for _ in 0..2 {
        let reply = client.send(Request::raw(body.clone())).await.unwrap();
        assert_eq!(reply.outcome().to_string(), "bypass live_tools");
        assert_eq!(emulator.last_request().unwrap().body, body.as_bytes());
    }
    assert_eq!(emulator.upstream_calls(), 2);
}
