use std::fs;

use llm_cache_tests::shared;

use super::server::Answer;
use super::*;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length,
    Chunked,
    Close,
}

const FRAMINGS: [Framing; 3] = [Framing::Length, Framing::Chunked, Framing::Close];

/// A body on the wire.
struct Wire {
    head: String,
    body: Vec<u8>,
    /// How much of the text a beginning of the body holds, by its length.
    text_len: Vec<usize>,
}

impl Wire {
    /// `text` in two chunks where chunks are asked for.
    fn new(framing: Framing, text: &str) -> Self {
        let mut wire = Self { head: String::new(), body: Vec::new(), text_len: vec![0] };
        let framed = match framing {
            Framing::Length => format!("content-length: {}\r\n", text.len()),
            Framing::Chunked => "transfer-encoding: chunked\r\n".to_owned(),
            Framing::Close => String::new(),
        };
        wire.head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n{framed}\r\n"
        );
        if framing == Framing::Chunked {
            let (first, second) = text.split_at(text.len() / 2);
            for piece in [first, second].into_iter().filter(|piece| !piece.is_empty()) {
                wire.push(&format!("{:x}\r\n", piece.len()), false);
                wire.push(piece, true);
                wire.push("\r\n", false);
            }
            wire.push("0\r\n\r\n", false);
        } else {
            wire.push(text, true);
        }
        wire
    }

    fn push(&mut self, bytes: &str, is_text: bool) {
        for byte in bytes.bytes() {
            self.body.push(byte);
            self.text_len
                .push(self.text_len.last().expect("it begins with 0") + usize::from(is_text));
        }
    }

    fn cut(&self, len: usize) -> Answer {
        let bytes = [self.head.as_bytes(), &self.body[..len]].concat();
        Answer { bytes, stalls: false }
    }
}

/// Cuts a stream at every byte of its body, under each framing and taken in each way: complete
/// exactly if the text up to `terminal` came, or all of the body where its end is announced and
/// `ends_without`; else cut. Returns how many streams were taken.
async fn cut_everywhere(
    vendor: &str,
    members: &str,
    text: &str,
    terminal: Option<usize>,
    ends_without: bool,
) -> usize {
    let mut taken = 0;
    for framing in FRAMINGS {
        let wire = Wire::new(framing, text);
        let cuts = 0..=wire.body.len();
        let answers = cuts.clone().flat_map(|cut| vec![wire.cut(cut); WAYS.len()]).collect();
        let server = Server::start(answers);
        let client = builder(vendor, &server).build().expect("good settings");
        for cut in cuts {
            let is_whole = cut == wire.body.len();
            let is_complete = terminal.is_some_and(|terminal| wire.text_len[cut] >= terminal)
                || (is_whole && framing != Framing::Close && ends_without);
            for way in WAYS {
                let got = take(&client, raw(members), way).await;
                let expected = if is_complete { None } else { Some(ErrorKind::Truncated) };
                assert_eq!(kind_of(&got), expected, "{framing:?} {way:?} cut at {cut} of {text:?}");
                taken += 1;
            }
        }
        assert_eq!(server.asked(), WAYS.len() * (wire.body.len() + 1), "nothing is asked twice");
    }
    taken
}

const STOP: &str = r#"{"choices":[{"index":0,"finish_reason":"stop"}]}"#;

/// A stream with its terminal event is complete from that event's end on, and never before; where
/// only the blank line is missing, an announced end stands for it.
#[tokio::test]
async fn a_terminal_event_ends() {
    let message_stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}";
    let mut taken = 0;
    for (vendor, text) in [
        ("anthropic", format!("{message_stop}\n\n")),
        ("openai", "data: [DONE]\r\n\r\n".to_owned()),
    ] {
        // The line feed of the last line end adds nothing to its carriage return.
        let terminal = text.len() - usize::from(text.ends_with("\r\n"));
        taken += cut_everywhere(vendor, "", &text, Some(terminal), true).await;
        let unfinished = text.trim_end();
        taken += cut_everywhere(vendor, "", unfinished, None, true).await;
    }
    println!("{taken} streams, cut at every byte");
}

/// Without its terminal event a Chat stream ends with its body, where the end is announced and
/// nothing is missing; another dialect never does.
#[tokio::test]
async fn an_announced_end_ends() {
    let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":1}}"#;
    let asks = r#""stream_options":{"include_usage":true}"#;
    let finished = format!("data: {STOP}\n\n");
    let with_usage = format!("{finished}{usage}\n\n");
    cut_everywhere("openai", "", &finished, None, true).await;
    cut_everywhere("openai", "", finished.trim_end(), None, true).await;
    cut_everywhere("openai", asks, &with_usage, None, true).await;
    cut_everywhere("openai", "", &format!("\u{feff}: ping\r\rdata: {STOP}\r\r"), None, true).await;
    let whole = async |members: &str, text: &str| {
        let bytes = Wire::new(Framing::Chunked, text);
        let server = Server::start(vec![bytes.cut(bytes.body.len())]);
        let client = builder("openai", &server).build().unwrap();
        take(&client, raw(members), Way::Events).await
    };
    for (members, text) in [
        (asks, &finished),
        (r#""n":2"#, &finished),
        (r#""n":"1""#, &finished),
        ("", &format!("{finished}data: {{\"choices\":[{{\"ind")),
        ("", &String::new()),
    ] {
        assert_eq!(kind_of(&whole(members, text).await), Some(ErrorKind::Truncated), "{members}");
    }
    assert_eq!(whole("", &finished).await.unwrap(), STOP);
    let text = "event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n";
    cut_everywhere("anthropic", "", text, None, false).await;
}

/// An error event is an error in whichever way the stream is taken and however it is spelled, and
/// what comes behind does not mend it.
#[tokio::test]
async fn an_error_event_fails() {
    for (vendor, event, message) in [
        ("openai", "event: error\ndata: {\"message\":\"boom\"}", Some("boom")),
        ("openai", "data: {\"error\":{\"message\":\"boom\",\"code\":502}}", Some("boom")),
        ("openai", "data: {\"error\":\"boom\"}", Some("boom")),
        ("openai", "data: {\"type\":\"error\",\"message\":\"boom\"}", Some("boom")),
        ("openai", "data: {\"object\":\"error\",\"message\":\"boom\",\"code\":400}", Some("boom")),
        (
            "openai",
            "data: {\"choices\":[{\"index\":0,\"error\":{\"message\":\"boom\"}}]}",
            Some("boom"),
        ),
        ("openai", "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"error\"}]}", None),
        ("openai", "event: error\ndata: boom", Some("boom")),
        ("anthropic", "event: error\ndata: {\"message\":\"boom\"}", Some("boom")),
        (
            "anthropic",
            "data: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"boom\"}}",
            Some("boom"),
        ),
        ("anthropic", "event: x\ndata: {\"error\":\"boom\"}", Some("boom")),
    ] {
        let end = if vendor == "openai" { CHAT_STREAM } else { STREAM };
        for text in [format!("{event}\n\n{end}"), format!("{event}\n\n"), event.to_owned()] {
            for framing in [Framing::Length, Framing::Chunked] {
                let wire = Wire::new(framing, &text);
                let server = Server::start(vec![wire.cut(wire.body.len())]);
                let client = builder(vendor, &server).build().unwrap();
                for way in WAYS {
                    let error = take(&client, raw(""), way).await.unwrap_err();
                    assert_eq!(error.status(), Some(200), "{event}");
                    assert_eq!(error.provider_message(), message, "{event} {way:?}");
                    assert_ne!(error.kind(), ErrorKind::Truncated, "{event}");
                }
                assert_eq!(server.asked(), WAYS.len(), "{event}");
            }
        }
    }
}

/// What comes behind the terminal event is no part of the answer.
#[tokio::test]
async fn nothing_follows_the_end() {
    let text = format!("{CHAT_STREAM}event: error\ndata: {{\"message\":\"late\"}}\n\n");
    for framing in FRAMINGS {
        let wire = Wire::new(framing, &text);
        let server = Server::start(vec![wire.cut(wire.body.len())]);
        let client = builder("openai", &server).build().unwrap();
        for way in WAYS {
            take(&client, raw(""), way).await.unwrap();
        }
    }
}

/// The shared streams are what their page says, whole and cut at every byte.
#[tokio::test]
async fn the_shared_streams() {
    let Some(shared) = shared::shared_dir() else { return };
    let read = |name: &str| fs::read_to_string(shared.join("cases/streams").join(name)).unwrap();
    cut_everywhere("openai", "", &read("no_done.txt"), None, true).await;
    cut_everywhere("openai", "", &read("done_without_blank_line.txt"), None, true).await;
    for framing in FRAMINGS {
        let wire = Wire::new(framing, &read("error_then_done.txt"));
        let server = Server::start(vec![wire.cut(wire.body.len())]);
        let client = builder("openai", &server).build().unwrap();
        for way in WAYS {
            let error = take(&client, raw(""), way).await.unwrap_err();
            assert_eq!(error.provider_message(), Some("boom"), "{framing:?} {way:?}");
        }
    }
}
