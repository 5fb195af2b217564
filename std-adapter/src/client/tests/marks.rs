//! The helpers that put marks: on the wire they are where the guide says, or there is an error.

use serde_json::{Value, json};

use super::{ANSWER, anthropic};
use crate::client::{Part, Request};
use crate::provider::loopback::{Loopback, answer};
use llm_cache_core::prompt::{CacheControl, IndexOutOfRange, NoText, Ttl, Which};

const MARK: CacheControl = CacheControl::ephemeral();

/// The body of the one request that `request` sends.
async fn sent(request: Request) -> Value {
    let server = Loopback::start(vec![answer(200, "", ANSWER)]);
    anthropic(&server).build().unwrap().send(request).await.unwrap();
    serde_json::from_slice(&server.requests()[0].body).unwrap()
}

/// The types of the blocks of a body's last message, and whether each is marked.
fn marks(body: &Value) -> Vec<(&str, bool)> {
    let content = body["messages"].as_array().unwrap().last().unwrap()["content"].as_array();
    let mark = |block: &Value| block.get("cache_control") == Some(&json!({"type": "ephemeral"}));
    let block = |block| (block_type(block), mark(block));
    content.unwrap().iter().map(block).collect()
}

fn block_type(block: &Value) -> &str {
    block["type"].as_str().unwrap()
}

/// Instructions and plain text carry their marks to the wire, as arrays of one block.
#[tokio::test]
async fn texts_keep_their_marks() {
    let hour = MARK.with_ttl(Ttl::OneHour);
    let body = sent(Request::new().cached_system("s", hour).cached_user("u", MARK)).await;
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    assert_eq!(body["system"], json!([{"type": "text", "text": "s", "cache_control": mark}]));
    assert_eq!(marks(&body), [("text", true)]);
}

/// Of several parts the last text is marked, whatever stands behind it.
#[tokio::test]
async fn the_last_text_is_marked() {
    let image = || Part::image_url("https://example.com/cat.png");
    let parts = [Part::text("a"), Part::text("b"), Part::text(""), image()];
    let body = sent(Request::new().cached_user_parts(parts, MARK).unwrap()).await;
    let expected = [("text", false), ("text", true), ("text", false), ("image", false)];
    assert_eq!(marks(&body), expected);
    assert_eq!(Request::new().cached_user_parts([image()], MARK).unwrap_err(), NoText);
}

/// Positions count tool results; all, some or none are marked; one too far is an error.
#[tokio::test]
async fn chosen_results_are_marked() {
    let parts = || [Part::tool_result("1", "a"), Part::text("t"), Part::tool_error("2", "b")];
    let request = |which| Request::new().cached_tool_results(parts(), which, MARK);
    let cases = [
        (Which::Indices(&[1]), [false, false, true]),
        (Which::All, [true, false, true]),
        (Which::Indices(&[]), [false, false, false]),
    ];
    for (which, expected) in cases {
        let body = sent(request(which).unwrap()).await;
        let marked: Vec<bool> = marks(&body).iter().map(|(_, mark)| *mark).collect();
        assert_eq!(marked, expected, "{which:?}");
    }
    let far = request(Which::Indices(&[0, 2])).unwrap_err();
    assert_eq!(far, IndexOutOfRange { index: 2, len: 2 });
}
