use llm_cache_macros::cached;

#[cached]
fn nothing_to_keep(text: &str) {
    println!("{text}");
}

#[cached]
fn unnamed_result(text: &str) -> impl ToString {
    text.len()
}

#[cached]
fn changes_its_argument(log: &mut Vec<String>, text: &str) -> usize {
    log.push(text.into());
    log.len()
}

#[cached]
const fn runs_at_build_time(n: u8) -> u8 {
    n
}

struct Counter(u8);

impl Counter {
    #[cached]
    fn changes_itself(&mut self) -> u8 {
        self.0 += 1;
        self.0
    }
}

#[cached]
fn set_inside(tags: Vec<std::collections::HashSet<u8>>) -> usize {
    tags.len()
}

trait Ask {
    fn of_a_trait(&self) -> u8;
}

impl Ask for Counter {
    #[cached]
    fn of_a_trait(&self) -> u8 {
        self.0
    }
}

type Boxed = std::pin::Pin<Box<dyn Future<Output = u8>>>;

#[cached]
fn boxed(n: u8) -> std::pin::Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async move { n })
}

fn main() {
    let _: Boxed = boxed(1);
}
