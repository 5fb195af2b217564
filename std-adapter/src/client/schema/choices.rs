//! Objects that hold a choice: `#[serde(flatten)]` of an enum, a tag around a choice.
//!
//! There a schema has members of its own beside `anyOf` or `allOf`, and since every object is
//! closed, no value could have the members of both. So the members go into each variant, and
//! several choices become the product of their variants. The members of the variants come first:
//! from them a model sees which variant it writes, and OpenAI has asked for variants that differ in
//! their first member.

use serde_json::{Map, Value};

use super::Target;
use super::refusal::Refusal;
use super::strict::{Strict, is_object, reference_of};
use crate::error::Error;

type Members = Map<String, Value>;

/// Variants of one object at most: more would be a schema that no provider compiles.
const VARIANTS_MAX: usize = 256;

/// Keywords that belong to the choice as a whole.
const OUTER: [&str; 4] = ["$defs", "title", "description", "default"];

/// Whether `members` have a choice beside what must be part of each variant.
pub(super) fn is_split(members: &Members, target: Target) -> bool {
    let choices = |keyword| members.get(keyword).and_then(Value::as_array);
    let (any, one, all) = (choices("anyOf"), choices("oneOf"), choices("allOf"));
    let has_choice = any.is_some() || one.is_some();
    let joins = all.is_some_and(|parts| {
        let objects = parts.iter().filter_map(Value::as_object);
        let is_composed = |part: &Members| {
            ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|keyword| part.contains_key(*keyword))
        };
        match parts.len() {
            // The one part becomes part of the schema itself.
            0 | 1 => has_choice || (is_object(members) && objects.clone().any(is_composed)),
            _ => {
                let must = target == Target::OpenAi || has_choice;
                must || objects.clone().any(|part| is_object(part) || is_composed(part))
            }
        }
    });
    joins || (any.is_some() && one.is_some()) || (has_choice && is_object(members))
}

impl Strict<'_> {
    /// Puts the members beside a choice into its variants, which become one `anyOf`.
    pub(super) fn distribute(&mut self, members: &mut Members, path: &str) -> Result<(), Error> {
        let mut outer = Members::new();
        let mut inner = Members::new();
        for (keyword, value) in core::mem::take(members) {
            let side = if OUTER.contains(&keyword.as_str()) { &mut outer } else { &mut inner };
            side.insert(keyword, value);
        }
        let mut variants = self.inside(|strict| strict.variants(inner, path))?;
        *members = outer;
        if variants.len() == 1 {
            for (keyword, value) in variants.pop().unwrap_or_default() {
                members.entry(keyword).or_insert(value);
            }
        } else {
            let variants = variants.into_iter().map(Value::Object).collect();
            members.insert("anyOf".into(), Value::Array(variants));
        }
        Ok(())
    }

    /// All that a schema may be, each without a choice at its top.
    fn variants(&mut self, mut members: Members, path: &str) -> Result<Vec<Members>, Error> {
        while let Some(name) = reference_of(&members) {
            members.shift_remove("$ref");
            let target = self.unfold(&name, path)?;
            members = joined(&members, &target, path)?;
        }
        let mut choices = Vec::new();
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(variants)) = members.shift_remove(keyword) {
                choices.push(variants);
            }
        }
        if let Some(Value::Array(parts)) = members.shift_remove("allOf") {
            choices.extend(parts.into_iter().map(|part| vec![part]));
        }
        let mut product = vec![Members::new()];
        for choice in choices {
            let mut of_choice = Vec::new();
            for variant in choice {
                match variant {
                    Value::Object(variant) => {
                        let all = self.inside(|strict| strict.variants(variant, path))?;
                        of_choice.extend(all);
                    }
                    Value::Bool(true) => of_choice.push(Members::new()),
                    _ => {}
                }
            }
            if product.len() * of_choice.len() > VARIANTS_MAX {
                return Err(Refusal::Combinations(VARIANTS_MAX).at(path));
            }
            let pairs =
                product.iter().flat_map(|left| of_choice.iter().map(move |right| (left, right)));
            product =
                pairs.map(|(left, right)| joined(left, right, path)).collect::<Result<_, _>>()?;
        }
        product.iter().map(|variant| joined(variant, &members, path)).collect()
    }
}

/// What is both `left` and `right`: the members of both, in this order.
fn joined(left: &Members, right: &Members, path: &str) -> Result<Members, Error> {
    let mut all = left.clone();
    for (keyword, value) in right {
        let Some(there) = all.get_mut(keyword) else {
            all.insert(keyword.clone(), value.clone());
            continue;
        };
        match (keyword.as_str(), there, value) {
            ("properties", Value::Object(there), Value::Object(more)) => {
                for (name, schema) in more {
                    if there.get(name).is_some_and(|other| other != schema) {
                        return Err(Refusal::Clash(name.clone()).at(path));
                    }
                    there.insert(name.clone(), schema.clone());
                }
            }
            ("required", Value::Array(there), Value::Array(more)) => {
                let new: Vec<Value> =
                    more.iter().filter(|name| !there.contains(name)).cloned().collect();
                there.extend(new);
            }
            ("description", Value::String(there), Value::String(more)) => {
                there.push(' ');
                there.push_str(more);
            }
            // Whichever is open leaves all of it open.
            ("additionalProperties" | "unevaluatedProperties", there, more)
                if *there == Value::Bool(false) =>
            {
                *there = more.clone();
            }
            ("type" | "enum" | "const", there, more) if there != more => {
                return Err(Refusal::FlattenedValue.at(path));
            }
            _ => {}
        }
    }
    if is_object(&all) {
        let is_object_only = all.get("type").is_none_or(|name| name == "object");
        if !is_object_only || all.contains_key("enum") {
            return Err(Refusal::FlattenedValue.at(path));
        }
        if !all.contains_key("type") {
            all.shift_insert(0, "type".into(), "object".into());
        }
    }
    Ok(all)
}
