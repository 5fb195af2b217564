//! Prints the key of a JSON document on standard input, or with `--canonical` the bytes that are
//! hashed for it: to compare another implementation with. core/KEY.md specifies both.
//!
//! With `--lines` each line is a document, and each makes one line: the key, the canonical text, or
//! `error OFFSET KIND`. Without, such a document is an error message and exit code 1, and nothing
//! stands behind the canonical bytes.
//!
//! What is not given is absent: the dialect is `json`, the endpoint the empty id, the tenant
//! shared, the variant 0, every other field of the scope empty. `--endpoint id:NAME` names an
//! endpoint in place of its URL; `--tenant T` names a tenant; `--header` gives a counted header.

mod support;

use std::{
    error::Error,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    process::ExitCode,
};

use llm_cache_core::{
    canonical::canonicalize_alloc,
    json::JsonErrorKind,
    key::{Dialect, Endpoint, KeyError, KeyHasher, Scope, Tenant},
};
use support::Arguments;

const USAGE: &str = "key [--dialect D] [--endpoint URL] [--api-version V] [--beta B]... \
    [--header NAME:VALUE]... [--namespace N] [--tenant T] [--variant N] [--canonical] [--lines]";

/// What becomes of each document.
struct Job {
    dialect: Dialect,
    hasher: KeyHasher,
    canonical: bool,
}

impl Job {
    fn answer(&self, document: &[u8]) -> Result<Vec<u8>, KeyError> {
        if !self.canonical {
            return Ok(self.hasher.key_alloc(document)?.to_string().into_bytes());
        }
        let mut bytes = Vec::with_capacity(document.len());
        canonicalize_alloc(document, &self.dialect, &mut bytes)?;
        Ok(bytes)
    }

    fn answer_lines(&self, out: &mut impl Write) -> io::Result<()> {
        let mut input = BufReader::new(io::stdin().lock());
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            let document = line.strip_suffix(b"\n").unwrap_or(&line);
            out.write_all(&self.answer(document).unwrap_or_else(|error| told(&error).into()))?;
            out.write_all(b"\n")?;
            line.clear();
            // Whoever writes the next line only after this answer shall have it.
            if input.buffer().is_empty() {
                out.flush()?;
            }
        }
        out.flush()
    }
}

/// `error OFFSET KIND`, with the kinds of core/KEY.md section 2.
fn told(error: &KeyError) -> String {
    let kind = match error {
        KeyError::Json(fault) => match fault.kind {
            JsonErrorKind::ControlCharacter => "control_character",
            JsonErrorKind::InvalidEscape => "invalid_escape",
            JsonErrorKind::LoneSurrogate => "lone_surrogate",
            JsonErrorKind::InvalidUtf8 => "invalid_utf8",
            JsonErrorKind::TooDeep => "too_deep",
            _ => "not_json",
        },
        KeyError::DuplicateName { .. } => "duplicate_name",
        KeyError::NumberRange { .. } => "number_range",
        KeyError::TooLong { .. } => "too_long",
        _ => "no_key",
    };
    format!("error {} {kind}", error.offset().unwrap_or(0))
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = Arguments::read(USAGE);
    let (canonical, lines) = (arguments.flag("--canonical"), arguments.flag("--lines"));
    let mut betas = Vec::new();
    while let Some(beta) = arguments.value::<String>("--beta")? {
        betas.push(beta);
    }
    let mut headers = Vec::new();
    while let Some(header) = arguments.value::<String>("--header")? {
        let (name, value) = header.split_once(':').ok_or("a header is NAME:VALUE")?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let mut text = |name| arguments.value::<String>(name);
    let (dialect, endpoint) = (text("--dialect")?, text("--endpoint")?);
    let (version, namespace) = (text("--api-version")?, text("--namespace")?);
    let tenant = text("--tenant")?;
    let variant = arguments.value::<u32>("--variant")?;
    arguments.finish()?;

    let name = dialect.as_deref().unwrap_or("json");
    let known = Dialect::ALL.iter().find(|dialect| dialect.as_str() == name);
    let dialect = *known.ok_or_else(|| format!("unknown dialect {name:?}"))?;
    let endpoint = endpoint.as_deref().unwrap_or("id:");
    let endpoint = match endpoint.strip_prefix("id:") {
        Some(id) if !id.starts_with("//") => Endpoint::Id(id),
        _ => Endpoint::Url(endpoint),
    };
    let tenant = tenant.as_deref().map_or(Tenant::Shared, Tenant::Named);
    let betas: Vec<_> = betas.iter().map(String::as_str).collect();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let scope = Scope {
        headers: &headers,
        api_version: version.as_deref().unwrap_or_default(),
        betas: &betas,
        namespace: namespace.as_deref().unwrap_or_default(),
        variant: variant.unwrap_or_default(),
        ..Scope::new(dialect, endpoint, tenant)
    };
    let job = Job { dialect, hasher: scope.hasher()?, canonical };
    let mut out = BufWriter::new(io::stdout().lock());
    if lines {
        return Ok(job.answer_lines(&mut out)?);
    }
    let mut document = Vec::new();
    io::stdin().read_to_end(&mut document)?;
    out.write_all(&job.answer(&document).map_err(|error| told(&error))?)?;
    out.write_all(if canonical { b"" } else { b"\n" })?;
    Ok(out.flush()?)
}

fn main() -> ExitCode {
    support::exit("key", run())
}
