//! What is taken for a constant of a body, and what only looks like one.

use quote::ToTokens as _;
use syn::{ItemFn, parse_str};

use super::{Constants, When};

fn found(function: &str) -> Constants {
    let function: ItemFn = parse_str(function).expect("a function");
    let is_associated = function.sig.to_token_stream().to_string().contains("self");
    Constants::of(&function, is_associated, &[], &[])
}

/// The names that the body of a function without parameters mentions.
fn mentions(body: &str) -> String {
    found(&format!("fn f() -> u8 {{ {body} }}")).names().join(" ")
}

/// A name in capitals counts wherever an expression stands, also among a macro's arguments and in
/// what a format string captures.
#[test]
fn constants_are_found_wherever_they_stand() {
    for (body, expected) in [
        ("ask(PROMPT)", "PROMPT"),
        (
            "ask(&prompts::EN[0], crate::a::B_2 + self::C, super::D)",
            "prompts::EN crate::a::B_2 self::C super::D",
        ),
        ("Request::new().system(PROMPT).user(&[A, B])", "PROMPT A B"),
        ("let p = if short { A } else { B }; p", "A B"),
        ("match x { 0 => A, n if n > LIMIT => B, _ => C }", "A LIMIT B C"),
        ("let go = async move || PROMPT; go().await", "PROMPT"),
        ("Config { prompt: PROMPT, ..DEFAULTS }", "PROMPT DEFAULTS"),
        ("[0; LEN][AT]", "LEN AT"),
        ("PROMPT.replace(FROM, TO)", "PROMPT FROM TO"),
        ("format!(\"{PROMPT} {} {:>WIDTH$}\", A, b)", "A PROMPT WIDTH"),
        ("write!(out, \"{PROMPT}\")?", "PROMPT"),
        ("anyhow::bail!(\"{WHY}\")", "WHY"),
        ("own_format!(\"{PROMPT}: {text}\")", "PROMPT"),
        ("json!({\"system\": PROMPT, \"list\": [A, {\"b\": b::B}]})", "PROMPT A b::B"),
        ("vec![PROMPT; COUNT]", "PROMPT COUNT"),
        ("tokio::select! { a = ask(A) => a, b = ask(B) => { C } }", "A B C"),
        ("fn own() -> &'static str { PROMPT } own()", "PROMPT"),
        ("const OWN: &str = OTHER; ask(OWN)", "OTHER"),
        ("include_str!(\"prompt.txt\")", "include_str!(\"prompt.txt\")"),
        ("concat!(include_str!(\"a b\"), \"{NOT}\")", "include_str!(\"ab\")"),
        ("ask(include_bytes!(\"p\"), PROMPT, PROMPT)", "include_bytes!(\"p\") PROMPT"),
    ] {
        assert_eq!(mentions(body), expected, "{body}");
    }
}

/// Types, variants that are made or matched, functions, names that the body binds, statics that may
/// change, and what is no expression do not count.
#[test]
fn look_alikes_are_left_alone() {
    for body in [
        "URL::new(text)",
        "Kind::RED(1)",
        "CONFIG { a: 1 }",
        "match x { MAX => 1, Kind::RED => 2, A..=B => 3, _ => 4 }",
        "if let Some(N) = x { N } else { 0 }",
        "match x { Some(N) if N > 1 => N, _ => 0 }",
        "let (A, B) = pair; A + B",
        "for I in 0..9 { use_it(I) }",
        "list.map(|N| N + 1)",
        "const LIMIT: u8 = 5; static S: u8 = 1; LIMIT + S",
        "enum Own { RED } Own::RED as u8",
        "enum Own { RED } use Own::RED; RED as u8",
        "enum Own { RED } use Own::*; RED as u8",
        "unsafe { COUNTER += 1; COUNTER }",
        "read(&raw const COUNTER)",
        "fn own<const N: usize>() -> usize { N } own::<3>()",
        "struct Own; impl Own { const P: u8 = 1; fn p() -> u8 { Self::P } } Own::p()",
        "mod own { pub fn f() -> u8 { PROMPT } } own::f()",
        "format!(\"{A} {{B}}\", A = 1)",
        "stringify!(PROMPT); env!(\"PROMPT\"); 1",
        "self_.PROMPT + x.A.b",
        "Vec::<URL>::new().len()",
        "T_like::new::<N>()",
        "sql!(SELECT A FROM B)",
    ] {
        assert_eq!(mentions(body), "", "{body}");
    }
    assert_eq!(found("fn f<const N: usize>(SITE: u8) -> u8 { N + SITE }").names(), [""; 0]);
}

/// What may depend on a type parameter, or on the type whose method it is, is asked at every call;
/// a type parameter's constant must be one.
#[test]
fn what_is_generic_is_asked_each_time() {
    let when = |function: &str| -> Vec<When> {
        found(function).mentions.iter().map(|mention| mention.when).collect()
    };
    assert!(when("fn f() -> u8 { A + b::B + Limits::C + include_str!(\"x\") }") == [When::Once; 4]);
    assert!(
        when("fn f(&self) -> u8 { Self::A + Limits::B + C }")
            == [When::EachCall, When::EachCall, When::Once]
    );
    assert!(when("fn f() -> u8 { Limits::<u8>::A + <Limits as Has>::B }") == [When::EachCall; 2]);
    assert!(when("fn f<T: P>() -> u8 { T::A + <T as P>::B }") == [When::Strictly; 2]);
}

/// A mention keeps the conditions and imports around it, and each condition counts by itself.
#[test]
fn conditions_and_imports_are_kept() {
    let function = "fn f() -> u8 {
        use crate::prompts::*;
        #[cfg(feature = \"long\")]
        let prompt = LONG;
        #[cfg(not(feature = \"long\"))]
        { use crate::short as s; return ask(s::SHORT) }
        if cfg!(debug_assertions) { 1 } else { 2 }
    }";
    let constants = found(function);
    let cfgs: Vec<_> = constants.cfgs.iter().map(super::text_of).collect();
    assert_eq!(cfgs, ["feature=\"long\"", "not(feature=\"long\")", "debug_assertions"]);
    let kept: Vec<_> = constants
        .mentions
        .iter()
        .map(|mention| (mention.name.as_str(), mention.cfgs.len(), mention.imports.len()))
        .collect();
    assert_eq!(kept, [("LONG", 1, 1), ("s::SHORT", 1, 2)]);
}

/// A constant that an option names is not looked at: the option says what of it counts.
#[test]
fn options_come_first() {
    let function: ItemFn = parse_str("fn f() -> u8 { A.x + b::B + C }").expect("a function");
    let keyed = [parse_str("A.x").expect("an expression")];
    let left_out = [parse_str("B").expect("a name")];
    assert_eq!(Constants::of(&function, false, &keyed, &left_out).names(), ["C"]);
}
