use super::server::answer;
use super::*;

/// Every request says that it takes no content coding.
#[tokio::test]
async fn accepts_no_coding() {
    for (vendor, body) in [("anthropic", ANSWER), ("openai", CHAT_ANSWER)] {
        let server = Server::start(vec![answer(200, "", body)]);
        builder(vendor, &server).build().unwrap().send("x").await.unwrap();
        assert!(server.heads()[0].lines().any(|line| line == "accept-encoding: identity"));
    }
}

/// A coding that changes nothing is read past, in whatever case and number; any other is a clear
/// error and never an answer, streamed or not, and is asked for once.
#[tokio::test]
async fn compares_codings() {
    for (headers, is_read) in [
        ("content-encoding: Identity\r\n", true),
        ("Content-Encoding:\r\n", true),
        ("CONTENT-ENCODING: IDENTITY , identity\r\n", true),
        ("content-encoding: identity\r\ncontent-encoding: identity\r\n", true),
        ("content-encoding: gzip\r\n", false),
        ("content-encoding: GZip\r\n", false),
        ("content-encoding: identity, br\r\n", false),
        ("content-encoding: identity\r\ncontent-encoding: zstd\r\n", false),
    ] {
        for (vendor, body, stream) in
            [("anthropic", ANSWER, STREAM), ("openai", CHAT_ANSWER, CHAT_STREAM)]
        {
            let server = Server::start(vec![answer(200, headers, body)]);
            let client = builder(vendor, &server).build().unwrap();
            let plain = client.send("x").await.map(drop);
            let typed = format!("{headers}content-type: text/event-stream\r\n");
            let streams = Server::start(vec![answer(200, &typed, stream)]);
            let client = builder(vendor, &streams).build().unwrap();
            for way in WAYS {
                let got = take(&client, raw(""), way).await;
                let expected = if is_read { None } else { Some(ErrorKind::Malformed) };
                assert_eq!(kind_of(&got), expected, "{vendor} {headers} {way:?}");
            }
            assert_eq!(plain.is_ok(), is_read, "{vendor} {headers}");
            assert!(plain.err().is_none_or(|error| error.kind() == ErrorKind::Malformed));
            assert_eq!((server.asked(), streams.asked()), (1, WAYS.len()));
        }
    }
}

/// A stream is known by its media type in any case, with any parameters, or by none at all where
/// one was asked for; another type is no stream, and what the server said instead is told.
#[tokio::test]
async fn compares_media_types() {
    for (media_type, is_stream) in [
        ("content-type: Text/Event-Stream; charset=UTF-8\r\n", true),
        ("Content-Type: TEXT/EVENT-STREAM\r\n", true),
        ("content-type: text/event-stream;charset=utf-8\r\n", true),
        ("", true),
        ("content-type: application/json\r\n", false),
        ("content-type: text/event-streams\r\n", false),
    ] {
        for (vendor, stream) in [("anthropic", STREAM), ("openai", CHAT_STREAM)] {
            let server = Server::start(vec![answer(200, media_type, stream)]);
            let client = builder(vendor, &server).build().unwrap();
            for way in WAYS {
                let got = take(&client, raw(""), way).await;
                assert_eq!(got.is_ok(), is_stream, "{vendor} {media_type} {way:?}");
                assert!(is_stream || kind_of(&got) == Some(ErrorKind::Malformed));
            }
        }
    }
    let instead = r#"{"error":{"message":"no such voice"}}"#;
    let server = Server::start(vec![answer(200, "content-type: application/json\r\n", instead)]);
    let client = builder("openai", &server).build().unwrap();
    let error = client.stream("x").await.unwrap_err();
    assert_eq!(error.provider_message(), Some("no such voice"));
}

/// A `retry-after` that is a date is the time until then, by the clock of the server.
#[tokio::test]
async fn reads_retry_after() {
    for (retry_after, seconds) in [
        ("Mon, 30 Nov 2026 10:00:04 GMT", 4),
        ("Monday, 30-Nov-26 10:00:04 GMT", 4),
        ("Mon Nov 30 10:00:04 2026", 4),
        ("Mon, 30 Nov 2026 09:59:00 GMT", 0),
        ("4", 4),
    ] {
        let headers =
            format!("date: Mon, 30 Nov 2026 10:00:00 GMT\r\nRetry-After: {retry_after}\r\n");
        let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#;
        let server = Server::start(vec![answer(429, &headers, body)]);
        let client = builder("anthropic", &server).retry(RetryPolicy::never()).build().unwrap();
        let error = client.send("x").await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{retry_after}");
    }
}
