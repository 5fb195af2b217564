use llm_cache_macros::cached;

#[cached(ttl = 5)]
fn unknown_option(text: &str) -> String {
    text.into()
}

#[cached(skip(a), skip(b))]
fn given_twice(a: u8, b: u8) -> u8 {
    a + b
}

#[cached(skip(client))]
fn no_such_parameter(text: &str) -> String {
    text.into()
}

#[cached(skip(a), skip_unkeyed(a))]
fn skipped_twice(a: u8) -> u8 {
    a
}

#[cached(schema = some)]
fn half_a_schema(a: u8) -> u8 {
    a
}

fn main() {}
