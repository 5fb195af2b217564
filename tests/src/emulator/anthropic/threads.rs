//! Message threads: conversations that the provider holds, so that a turn sends what is new alone.
//!
//! Source: the SDKs of November 2026 (beta `message-threads-2026-08-12`): types, error codes and the
//! texts that their tests quote. How long the provider holds a thread is not published; here it is
//! held as long as the emulator runs.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::error::{coded, error};

/// Members that a thread keeps from the request that created it.
const CREATE_ONLY: &[&str] = &["system", "tools"];

/// The threads that can be continued, by workspace and the id of the last answer.
#[derive(Debug, Default)]
pub(in super::super) struct Threads(HashMap<(String, String), Thread>);

#[derive(Debug, Clone)]
struct Thread {
    model: Value,
    /// [`CREATE_ONLY`] members, where they were given.
    kept: Vec<(&'static str, Value)>,
    messages: Vec<Value>,
    is_continued: bool,
}

impl Threads {
    /// The whole conversation of a request; other requests than those that continue a thread are
    /// whole already.
    pub(super) fn complete(
        &self,
        mut body: Value,
        workspace: &str,
        id: u64,
    ) -> Result<Value, Answer> {
        let invalid = |message: &str| Err(error(400, "invalid_request_error", message, id));
        let previous = match body["thread"]["type"].as_str() {
            None if body["thread"].is_null() => return Ok(body),
            Some("create") => return Ok(body),
            Some("continue") => body["thread"]["previous_message_id"].as_str(),
            _ => {
                return invalid(
                    "thread: Input tag found using 'type' does not match any of the expected \
                     tags: 'create', 'continue'",
                );
            }
        };
        let Some(previous) = previous else {
            return invalid("thread.continue.previous_message_id: Field required");
        };
        let Some(thread) = self.0.get(&(workspace.to_string(), previous.to_string())) else {
            let why = "No thread state was found for the requested `previous_message_id`.";
            return Err(coded(404, "not_found_error", why, "thread_not_found", id));
        };
        if thread.is_continued {
            let why = "The requested `previous_message_id` has already been continued.";
            return Err(coded(400, "invalid_request_error", why, "thread_already_continued", id));
        }
        let repeated = CREATE_ONLY.iter().find(|name| !body[**name].is_null());
        let other = repeated.or_else(|| (body["model"] != thread.model).then_some(&"model"));
        if let Some(name) = other {
            let why = format!("`{name}` differs from the request that created this Thread.");
            let code = "thread_fingerprint_mismatch";
            return Err(coded(400, "invalid_request_error", &why, code, id));
        }
        let Some(added) = body["messages"].as_array() else {
            return invalid("messages: Input should be a valid array");
        };
        body["messages"] = thread.messages.iter().chain(added).cloned().collect();
        for (name, value) in &thread.kept {
            body[*name] = value.clone();
        }
        Ok(body)
    }

    /// Holds the conversation under the id of its answer, where the request asks for it. An answer
    /// without content cannot be continued.
    pub(super) fn hold(&mut self, body: &Value, workspace: &str, answer: &Value) {
        let is_empty = answer["content"].as_array().is_none_or(Vec::is_empty);
        let Some(message_id) = answer["id"].as_str() else { return };
        if body["thread"].is_null() || is_empty {
            return;
        }
        if let Some(previous) = body["thread"]["previous_message_id"].as_str()
            && let Some(thread) = self.0.get_mut(&(workspace.to_string(), previous.to_string()))
        {
            thread.is_continued = true;
        }
        let mut messages = body["messages"].as_array().cloned().unwrap_or_default();
        messages.push(json!({"role": "assistant", "content": answer["content"]}));
        let given = CREATE_ONLY.iter().filter(|name| !body[**name].is_null());
        let kept = given.map(|name| (*name, body[*name].clone())).collect();
        let thread = Thread { model: body["model"].clone(), kept, messages, is_continued: false };
        self.0.insert((workspace.to_string(), message_id.to_string()), thread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::Emulator;
    use crate::emulator::tests::{ANTHROPIC, emulator, message, post_message, with};
    use crate::raw_http::{RawAnswer, post};

    fn ask(emulator: &Emulator, thread: Value, body: Value) -> RawAnswer {
        let headers = [ANTHROPIC, &[("anthropic-beta", "message-threads-2026-08-12")]].concat();
        post(&emulator.base_url(), "/v1/messages", &headers, &with(body, "thread", thread)).unwrap()
    }

    fn continued(from: &RawAnswer) -> Value {
        json!({"type": "continue", "previous_message_id": from.json()["id"]})
    }

    /// Proves that a continued thread is the whole conversation: its answer and token counts are
    /// those of a request that sends all of it.
    #[test]
    fn a_thread_is_the_whole_conversation() {
        let emulator = emulator();
        let first = with(message("one"), "system", "Be short.".into());
        let opened = ask(&emulator, json!({"type": "create"}), first.clone());
        assert_eq!(opened.json()["content"], post_message(&emulator, &first).json()["content"]);
        let next = ask(&emulator, continued(&opened), message("two")).json();
        let mut whole = first;
        let turns = whole["messages"].as_array_mut().unwrap();
        turns.push(json!({"role": "assistant", "content": opened.json()["content"]}));
        turns.push(message("two")["messages"][0].clone());
        let plain = post_message(&emulator, &whole).json();
        assert_eq!((&next["content"], &next["usage"]), (&plain["content"], &plain["usage"]));
    }

    /// Proves each refusal with its code: no beta, nothing held, continued twice, another
    /// workspace, what a thread keeps sent again, a refused answer.
    #[test]
    fn a_thread_is_refused_with_a_code() {
        let emulator = emulator();
        let opened = ask(&emulator, json!({"type": "create"}), message("one"));
        let code = |answer: RawAnswer| {
            let error = answer.json()["error"].clone();
            (answer.status, error["details"]["error_code"].as_str().unwrap_or_default().to_string())
        };
        let without = with(message("one"), "thread", json!({"type": "create"}));
        let text = post_message(&emulator, &without).json()["error"]["message"].clone();
        assert_eq!(text, "thread: Extra inputs are not permitted");
        let lost = json!({"type": "continue", "previous_message_id": "msg_lost"});
        assert_eq!(code(ask(&emulator, lost, message("a"))), (404, "thread_not_found".into()));
        for other in [json!({"type": "continue"}), json!({"type": "end"}), json!("create")] {
            assert_eq!(code(ask(&emulator, other, message("a"))), (400, String::new()));
        }
        for (name, value) in [("system", json!("s")), ("model", json!("claude-opus-5"))] {
            let changed = ask(&emulator, continued(&opened), with(message("a"), name, value));
            assert_eq!(code(changed), (400, "thread_fingerprint_mismatch".into()), "{name}");
        }
        assert_eq!(ask(&emulator, continued(&opened), message("two")).status, 200);
        let again = ask(&emulator, continued(&opened), message("two"));
        assert_eq!(code(again), (400, "thread_already_continued".into()));
        emulator.fault(crate::emulator::Fault::Refusal);
        let refused = ask(&emulator, json!({"type": "create"}), message("three"));
        let after = ask(&emulator, continued(&refused), message("four"));
        assert_eq!(code(after), (404, "thread_not_found".into()));
    }
}
