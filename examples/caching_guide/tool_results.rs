//! Cached tool results: the expensive one, or all of them.

use std::error::Error;

use llm_cache::{
    Client,
    client::{Part, Request, Tool},
    llm_cache_core::prompt::{Role, Which},
};

use super::{MARK, ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let schema = r#"{"type":"object","properties":{}}"#;
    let calls = [("call_1", "calculate"), ("call_2", "query"), ("call_3", "greet")];
    let mut request = Request::new().user("Look it up.");
    for (_, name) in calls {
        request = request.tool(Tool::function(name, schema));
    }
    let request =
        request.message(Role::Assistant, calls.map(|(id, name)| Part::tool_use(id, name, "{}")));
    let results = [
        Part::tool_result("call_1", "Quick calculation: 42"),
        Part::tool_result("call_2", long("a row of the database")),
        Part::tool_result("call_3", "Simple string: hello"),
    ];

    // The mark covers everything up to the result it is on, so the first one is kept too.
    let expensive =
        request.clone().cached_tool_results(results.clone(), Which::Indices(&[1]), MARK)?;
    ask(client, "the expensive one", expensive.clone()).await?;
    ask(client, "the expensive one", expensive).await?;
    let all = request.cached_tool_results(results, Which::All, MARK)?;
    ask(client, "all of them", all).await?;
    Ok(())
}
