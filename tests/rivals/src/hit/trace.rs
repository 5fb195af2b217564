//! Traces: what was asked for, in order.

use std::{
    collections::HashMap,
    fmt::Display,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;

/// One trace.
pub(super) struct Trace {
    /// The file's name.
    pub(super) name: String,
    /// Keys in order, numbered by their first appearance.
    pub(super) requests: Vec<u32>,
    /// How many keys there are.
    pub(super) keys: usize,
}

/// The longest key that is still taken for one.
const KEY_BYTES_MAX: usize = 4096;

/// The traces of all files in the folder, by name. Hidden files and folders in it are left out.
///
/// # Errors
///
/// Which file cannot be read or is no trace, and why.
pub(super) fn load_all(folder: &Path, requests_max: Option<usize>) -> Result<Vec<Trace>, String> {
    let paths = files(folder)?;
    let requests_max = requests_max.map(|max| max / paths.len());
    paths.iter().map(|path| load(path, requests_max.unwrap_or(usize::MAX))).collect()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let fault = |error: &dyn Display| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| fault(&error))? {
        let path = entry.map_err(|error| fault(&error))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        if path.is_file() && !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() { Err(fault(&"there is no file in it")) } else { Ok(paths) }
}

/// The first requests of a file, up to a number of them: plain text with a key a line, or the same
/// compressed by gzip.
fn load(path: &Path, requests_max: usize) -> Result<Trace, String> {
    let fault = |error: &dyn Display| format!("{}: {error}", path.display());
    let mut file = BufReader::new(File::open(path).map_err(|error| fault(&error))?);
    let head = file.fill_buf().map_err(|error| fault(&error))?;
    let reader: Box<dyn Read> = if head.starts_with(&[0x1F, 0x8B]) {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    read(name, reader, requests_max).map_err(|error| fault(&error))
}

fn read(name: String, reader: impl Read, requests_max: usize) -> Result<Trace, String> {
    let mut reader = BufReader::new(reader);
    let mut numbers = HashMap::<Vec<u8>, u32>::new();
    let mut requests = Vec::new();
    let mut line = Vec::new();
    for at in 1.. {
        line.clear();
        let limit = KEY_BYTES_MAX as u64 + 1;
        let read = reader.by_ref().take(limit).read_until(b'\n', &mut line);
        let fault = |why: &dyn Display| format!("line {at}: {why}");
        if read.map_err(|error| fault(&error))? == 0 || requests.len() == requests_max {
            break;
        }
        let key = line.trim_ascii();
        if line.len() > KEY_BYTES_MAX {
            return Err(fault(&"longer than any key"));
        }
        if key.contains(&0) || std::str::from_utf8(key).is_err() {
            return Err(fault(&"no text"));
        }
        if key.is_empty() {
            continue;
        }
        let next = numbers.len() as u32;
        let number = numbers.get(key).copied();
        requests.push(number.unwrap_or_else(|| *numbers.entry(key.to_vec()).or_insert(next)));
    }
    if requests.is_empty() {
        Err("no keys in it".to_owned())
    } else {
        Ok(Trace { name, requests, keys: numbers.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn read_text(text: &[u8]) -> Result<Trace, String> {
        read("test".to_owned(), text, usize::MAX)
    }

    /// Keys are numbered in the order of their appearance; spaces, line ends of either kind and
    /// empty lines are no part of them.
    #[test]
    fn keys_are_numbered() {
        let trace = read_text(b"7\nab c\r\n\n 7 \nx").unwrap();
        assert_eq!((trace.requests, trace.keys), (vec![0, 1, 0, 2], 3));
        let trace = read("test".to_owned(), &b"a\nb\nc\n"[..], 2).unwrap();
        assert_eq!((trace.requests, trace.keys), (vec![0, 1], 2));
    }

    /// What is no trace is refused, with the line where that shows.
    #[test]
    fn what_is_no_trace_is_refused() {
        let refused = |text: &[u8]| read_text(text).err().unwrap();
        assert_eq!(refused(b""), "no keys in it");
        assert_eq!(refused(b"\n \n"), "no keys in it");
        assert_eq!(refused(b"1\n2\n\xFF\n"), "line 3: no text");
        assert_eq!(refused(b"1\na\0b\n"), "line 2: no text");
        assert_eq!(refused(&[b'1'; 5000]), "line 1: longer than any key");
    }

    /// A folder's files are read in the order of their names, compressed or not, and a damaged one
    /// is named.
    #[test]
    fn folders_are_read() {
        let folder = std::env::temp_dir().join(format!("rivals-traces-{}", std::process::id()));
        fs::create_dir_all(folder.join("folder")).unwrap();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"1\n2\n1\n").unwrap();
        let mut compressed = encoder.finish().unwrap();
        fs::write(folder.join("b.gz"), &compressed).unwrap();
        fs::write(folder.join("a"), b"1\n").unwrap();
        fs::write(folder.join(".hidden"), b"\0").unwrap();
        let traces = load_all(&folder, None).unwrap();
        let told = traces.iter().map(|trace| (&*trace.name, trace.requests.len()));
        assert_eq!(told.collect::<Vec<_>>(), [("a", 1), ("b.gz", 3)]);

        compressed.truncate(compressed.len() - 9);
        fs::write(folder.join("b.gz"), &compressed).unwrap();
        let why = load_all(&folder, None).err().unwrap();
        assert!(why.contains("b.gz: line"), "{why}");
        fs::remove_dir_all(folder).unwrap();
    }
}
