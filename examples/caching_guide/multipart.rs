//! Multipart content: the helper marks the last text block, and the prefix up to it is kept.

use std::error::Error;

use llm_cache::{
    Client,
    client::{Part, Request},
};

use super::{MARK, ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let document = long("A line of a large document.");
    let content = |question: &str| {
        let chart = Part::image_url("https://example.com/chart.png");
        [Part::text("Introduction text"), Part::text(&document), Part::text(question), chart]
    };
    // The document is kept as well, as a part of the prefix that ends with the question. So it is
    // found again by the same question, and not by another one: that prefix is another.
    for (what, question) in [("asked", "Why?"), ("asked again", "Why?"), ("another", "How?")] {
        let request = Request::new().cached_user_parts(content(question), MARK)?;
        ask(client, what, request).await?;
    }
    Ok(())
}
