//! The walk that makes a schema strict, node by node.

use serde_json::{Map, Value, json};

use super::Target;
use super::choices::is_split;
use super::keywords::describe;
use super::refusal::Refusal;
use super::tuples::{as_list, is_fixed_tuple};
use crate::error::Error;

/// Keywords that say what a value is; a schema without any of them allows all JSON.
const SAYING: [&str; 8] =
    ["$ref", "allOf", "anyOf", "enum", "items", "prefixItems", "properties", "type"];

/// What a reference to the root has for a name.
pub(super) const ROOT: &str = "#";

pub(super) struct Strict<'a> {
    pub(super) target: Target,
    /// The definitions as the type gave them.
    definitions: &'a Map<String, Value>,
    /// Those that are strict by now.
    done: Map<String, Value>,
    /// The definitions being put in place of a reference, outermost first.
    expanding: Vec<String>,
    /// How many of them the root has brought.
    expanding_root: usize,
    /// The definitions around the present node, whether put in place or referred to.
    around: Vec<String>,
}

impl<'a> Strict<'a> {
    pub(super) fn new(target: Target, definitions: &'a Map<String, Value>) -> Self {
        Self {
            target,
            definitions,
            done: Map::new(),
            expanding: vec![ROOT.into()],
            expanding_root: 1,
            around: vec![ROOT.into()],
        }
    }

    /// Shows what the root is: no reference, and no object with a choice beside it.
    pub(super) fn open_root(&mut self, members: &mut Map<String, Value>) -> Result<(), Error> {
        // A recursive type's root is a reference to itself, where providers want an object.
        self.expand(members, true, "$")?;
        if is_split(members, self.target) {
            self.distribute(members, "$")?;
        }
        self.expanding_root = self.expanding.len();
        Ok(())
    }

    /// Puts the strict definitions in place of those that the type gave.
    pub(super) fn finish(&mut self, definitions: &mut Map<String, Value>) -> Result<(), Error> {
        for (name, definition) in definitions {
            // One that is put in place wherever it is used is referred to by nobody.
            self.follow(name, "$")?;
            if let Some(strict) = self.done.get(name) {
                definition.clone_from(strict);
            }
        }
        Ok(())
    }

    /// Makes the schema at `path` strict, and all below it. Recursion is as deep as the type.
    pub(super) fn walk(&mut self, schema: &mut Value, path: &str) -> Result<(), Error> {
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(false) => return Err(Refusal::Never.at(path)),
            _ if self.target.is_enforced() => return Err(Refusal::AnyJson.at(path)),
            _ => return Ok(()),
        };
        let (expanding, around) = (self.expanding.len(), self.around.len());
        self.resolve(members, path)?;
        if let Some(name) = reference_of(members) {
            self.refer(&name, path)?;
        }
        self.refuse(members, path)?;
        let is_fixed = is_fixed_tuple(members);
        self.name_type(members);
        describe(members);
        if is_object(members) {
            self.close(members);
        }
        self.walk_children(members, path)?;
        if self.target.is_enforced() && members.contains_key("prefixItems") {
            if !is_fixed {
                return Err(Refusal::Tuple.at(path));
            }
            as_list(members, path)?;
        }
        self.expanding.truncate(expanding);
        self.around.truncate(around);
        Ok(())
    }

    fn walk_children(&mut self, members: &mut Map<String, Value>, path: &str) -> Result<(), Error> {
        if let Some(Value::Object(properties)) = members.get_mut("properties") {
            for (name, child) in properties {
                self.walk(child, &format!("{path}.{name}"))?;
            }
        }
        for keyword in ["anyOf", "allOf"] {
            if let Some(Value::Array(children)) = members.get_mut(keyword) {
                for child in children {
                    self.walk(child, path)?;
                }
            }
        }
        if let Some(Value::Array(children)) = members.get_mut("prefixItems") {
            for (index, child) in children.iter_mut().enumerate() {
                self.walk(child, &format!("{path}[{index}]"))?;
            }
        }
        if let Some(items) = members.get_mut("items") {
            self.walk(items, &format!("{path}[]"))?;
        }
        Ok(())
    }

    /// Leaves a reference that stands alone, or members without reference, `oneOf` and `const`.
    fn resolve(&mut self, members: &mut Map<String, Value>, path: &str) -> Result<(), Error> {
        loop {
            self.expand(members, false, path)?;
            if is_split(members, self.target) {
                self.distribute(members, path)?;
            }
            rename(members);
            // The one part of an `allOf` may have brought either.
            let is_alone = members.keys().all(|name| name == "$ref" || name == "$defs");
            let has_more = members.contains_key("$ref") && !is_alone;
            if !has_more && !is_split(members, self.target) {
                return Ok(());
            }
        }
    }

    /// Puts a definition in place of a reference that has keywords beside it (or at the root, in
    /// any case), since a reference must stand alone. A recursive one stays and loses them.
    fn expand(
        &mut self,
        members: &mut Map<String, Value>,
        always: bool,
        path: &str,
    ) -> Result<(), Error> {
        while let Some(name) = reference_of(members) {
            if members.len() == 1 && !always {
                return Ok(());
            }
            let target = self.definitions.get(&name).and_then(Value::as_object);
            let (Some(target), false) = (target, self.expanding.contains(&name)) else {
                if members.contains_key("properties") && self.expanding.contains(&name) {
                    return Err(Refusal::FlattenedItself.at(path));
                }
                members.retain(|keyword, _| keyword == "$ref" || keyword == "$defs");
                return Ok(());
            };
            members.remove("$ref");
            merge(members, target);
            self.enter(name);
        }
        Ok(())
    }

    /// The definition of that name, to be put in place; none if it is being put in place already.
    pub(super) fn unfold(&mut self, name: &str, path: &str) -> Result<Map<String, Value>, Error> {
        if self.expanding.iter().any(|open| open == name) {
            return Err(Refusal::FlattenedItself.at(path));
        }
        let target = self.definitions.get(name).and_then(Value::as_object);
        let target = target.ok_or_else(|| Refusal::Elsewhere.at(path))?.clone();
        self.enter(name.to_owned());
        Ok(target)
    }

    fn enter(&mut self, name: String) {
        self.around.push(name.clone());
        self.expanding.push(name);
    }

    /// Runs `work`, after which the definitions that it put in place count no more.
    pub(super) fn inside<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (expanding, around) = (self.expanding.len(), self.around.len());
        let result = work(self);
        self.expanding.truncate(expanding);
        self.around.truncate(around);
        result
    }

    /// Checks a reference that stays.
    fn refer(&mut self, name: &str, path: &str) -> Result<(), Error> {
        let is_around = self.around.iter().any(|open| open == name);
        match self.target {
            Target::Anthropic if is_around => Err(Refusal::Recursive.at(path)),
            _ if is_around => Ok(()),
            Target::Anthropic | Target::OpenAi if !self.definitions.contains_key(name) => {
                Err(Refusal::Elsewhere.at(path))
            }
            _ => self.follow(name, path),
        }
    }

    /// Makes a definition strict, once.
    fn follow(&mut self, name: &str, path: &str) -> Result<(), Error> {
        if self.done.contains_key(name) {
            return Ok(());
        }
        let Some(mut definition) = self.definitions.get(name).cloned() else {
            return Ok(());
        };
        let kept = self.expanding.split_off(self.expanding_root);
        self.around.push(name.to_owned());
        self.walk(&mut definition, path)?;
        self.around.pop();
        self.expanding.extend(kept);
        self.done.insert(name.to_owned(), definition);
        Ok(())
    }

    /// What has no strict schema is an error here: a map would come back empty from a closed one.
    fn refuse(&self, members: &Map<String, Value>, path: &str) -> Result<(), Error> {
        let is_open = |keyword| !matches!(members.get(keyword), None | Some(Value::Bool(false)));
        let is_map = is_open("additionalProperties") || is_open("unevaluatedProperties");
        if is_map || members.contains_key("patternProperties") {
            return Err(Refusal::Map.at(path));
        }
        if !self.target.is_enforced() {
            return Ok(());
        }
        let is_empty = |keyword| match members.get(keyword) {
            Some(Value::Array(all)) => all.is_empty(),
            _ => false,
        };
        if is_empty("enum") || is_empty("anyOf") || members.get("not").is_some_and(allows_all) {
            return Err(Refusal::Never.at(path));
        }
        if !SAYING.iter().any(|keyword| members.contains_key(*keyword)) {
            return Err(Refusal::AnyJson.at(path));
        }
        let has_elements = members.contains_key("items") || members.contains_key("prefixItems");
        if has_type(members, "array") && !has_elements {
            return Err(match members.get("maxItems").and_then(Value::as_u64) {
                Some(0) => Refusal::EmptyList.at(path),
                _ => Refusal::AnyJson.at(&format!("{path}[]")),
            });
        }
        Ok(())
    }

    /// OpenAI wants the type of constants beside them.
    fn name_type(&self, members: &mut Map<String, Value>) {
        let Some(Value::Array(constants)) = members.get("enum") else {
            return;
        };
        if self.target != Target::OpenAi || members.contains_key("type") {
            return;
        }
        let mut names: Vec<Value> = Vec::new();
        for constant in constants {
            let name = Value::from(type_of(constant));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let single = if names.len() == 1 { names.pop() } else { None };
        members.insert("type".into(), single.unwrap_or(Value::Array(names)));
    }

    /// No further members; for OpenAI, all of them required.
    fn close(&self, members: &mut Map<String, Value>) {
        members.insert("additionalProperties".into(), Value::Bool(false));
        let properties = members.entry("properties").or_insert_with(|| json!({}));
        if self.target == Target::OpenAi {
            let names: Vec<Value> = properties
                .as_object()
                .into_iter()
                .flat_map(|properties| properties.keys().cloned().map(Value::String))
                .collect();
            members.insert("required".into(), Value::Array(names));
        }
    }
}

/// Adds what `source` has and `target` has not; properties and required names are united.
fn merge(target: &mut Map<String, Value>, source: &Map<String, Value>) {
    for (keyword, value) in source {
        match (target.get_mut(keyword), value) {
            (None, _) => {
                target.insert(keyword.clone(), value.clone());
            }
            (Some(Value::Object(there)), Value::Object(more)) if keyword == "properties" => {
                for (name, schema) in more {
                    there.entry(name.clone()).or_insert_with(|| schema.clone());
                }
            }
            (Some(Value::Array(there)), Value::Array(more)) if keyword == "required" => {
                let new: Vec<Value> =
                    more.iter().filter(|name| !there.contains(name)).cloned().collect();
                there.extend(new);
            }
            (Some(_), _) => {}
        }
    }
}

/// Spells what has two spellings in the one that both providers know.
fn rename(members: &mut Map<String, Value>) {
    if let Some(choices) = members.remove("oneOf") {
        members.entry("anyOf").or_insert(choices);
    }
    if let Some(constant) = members.remove("const") {
        members.entry("enum").or_insert_with(|| Value::Array(vec![constant]));
    }
    let single = match members.get_mut("allOf") {
        Some(Value::Array(parts)) if parts.len() == 1 => parts.pop(),
        _ => None,
    };
    if let Some(Value::Object(part)) = single {
        members.remove("allOf");
        merge(members, &part);
    }
}

/// The name of the definition that a schema refers to: empty if it refers elsewhere.
pub(super) fn reference_of(members: &Map<String, Value>) -> Option<String> {
    let reference = members.get("$ref")?.as_str()?;
    if reference == ROOT {
        return Some(ROOT.into());
    }
    let name = reference.strip_prefix("#/$defs/").unwrap_or_default();
    // A pointer in the fragment of a URI: RFC 6901, section 6.
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let code = hex
            .and_then(|hex| core::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    let name = String::from_utf8_lossy(&bytes);
    Some(name.replace("~1", "/").replace("~0", "~"))
}

pub(super) fn has_type(members: &Map<String, Value>, name: &str) -> bool {
    match members.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(names)) => names.iter().any(|one| one == name),
        _ => false,
    }
}

pub(super) fn is_object(members: &Map<String, Value>) -> bool {
    has_type(members, "object") || members.contains_key("properties")
}

fn allows_all(schema: &Value) -> bool {
    match schema {
        Value::Bool(allows) => *allows,
        other => other.as_object().is_some_and(Map::is_empty),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
