//! Requests held and let through, without sleeping.

use super::*;
use std::io::Write;
use std::net::TcpStream;
use std::thread;

/// Proves that requests wait at the gate, are counted there, and pass as told.
#[test]
fn requests_wait_until_they_may_pass() {
    let emulator = emulator();
    emulator.gate().hold();
    thread::scope(|scope| {
        let asking: Vec<_> =
            (0..3).map(|_| scope.spawn(|| post_message(&emulator, &message("a")).status)).collect();
        emulator.gate().wait_for_blocking(3);
        assert_eq!((emulator.gate().waiting(), emulator.upstream_calls()), (3, 3));
        assert!(asking.iter().all(|thread| !thread.is_finished()));
        emulator.gate().pass(1);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(emulator.gate().wait_until_at_most(2));
        emulator.gate().open();
        assert!(asking.into_iter().all(|thread| thread.join().unwrap() == 200));
    });
    assert_eq!(post_message(&emulator, &message("a")).status, 200);
}

/// Proves that a client that hangs up leaves the gate, and stays counted.
#[test]
fn a_client_that_hangs_up_leaves_the_gate() {
    let emulator = emulator();
    emulator.gate().hold();
    let address = emulator.base_url().replace("http://", "");
    let mut socket = TcpStream::connect(&address).unwrap();
    socket
        .write_all(b"POST /v1/messages HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n{}")
        .unwrap();
    emulator.gate().wait_for_blocking(1);
    drop(socket);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(emulator.gate().wait_until_at_most(0));
    assert_eq!(emulator.upstream_calls(), 1);
}

/// Proves that an emulator with requests at its gate can be dropped and is gone then.
#[test]
fn dropping_ends_every_connection() {
    let emulator = emulator();
    let base = emulator.base_url();
    emulator.gate().hold();
    let asking = {
        let base = base.clone();
        thread::spawn(move || post(&base, "/v1/messages", ANTHROPIC, &message("a")).is_err())
    };
    emulator.gate().wait_for_blocking(1);
    drop(emulator);
    assert!(asking.join().unwrap());
    assert!(post(&base, "/v1/messages", ANTHROPIC, &message("a")).is_err());
}

/// Proves that hundreds of requests at once all get in, wait, and are answered.
#[test]
fn a_crowd_gets_through() {
    let emulator = emulator();
    emulator.gate().hold();
    thread::scope(|scope| {
        let asking: Vec<_> = (0..200)
            .map(|_| scope.spawn(|| post_message(&emulator, &message("a")).status))
            .collect();
        emulator.gate().wait_for_blocking(200);
        assert_eq!((emulator.upstream_calls(), emulator.connections()), (200, 200));
        emulator.gate().open();
        assert!(asking.into_iter().all(|thread| thread.join().unwrap() == 200));
    });
}

/// Proves that an emulator can be started, used and dropped inside a runtime.
#[tokio::test]
async fn an_async_caller_waits_without_blocking() {
    let emulator = emulator();
    emulator.gate().hold();
    let base = emulator.base_url();
    let asking = tokio::task::spawn_blocking(move || {
        post(&base, "/v1/messages", ANTHROPIC, &message("a")).unwrap().status
    });
    emulator.gate().wait_for(1).await;
    emulator.gate().open();
    assert_eq!(asking.await.unwrap(), 200);
}
