//! Strings written as JSON.

use embedded_io::Write;

use super::search::find_special;

/// Writes `text` as a JSON string, quotes included, with the fewest escapes.
///
/// The escapes are those of RFC 8785 section 3.2.2.2: `\b \t \n \f \r \" \\`, and `\u00xx` in
/// lower case for the other control characters; all else goes out as it is.
///
/// # Errors
/// Those of the writer.
pub fn write_str<W: Write>(writer: &mut W, text: &str) -> Result<(), W::Error> {
    writer.write_all(b"\"")?;
    write_inside(writer, text)?;
    writer.write_all(b"\"")
}

/// The same without the quotes, for a text that comes in pieces.
pub(crate) fn write_inside<W: Write>(writer: &mut W, text: &str) -> Result<(), W::Error> {
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest.split_at(find_special(rest));
        writer.write_all(plain)?;
        let Some((&byte, behind)) = special.split_first() else { return Ok(()) };
        writer.write_all(escape(byte, &mut [0; 6]))?;
        rest = behind;
    }
}

/// The escape that a byte needs in a JSON string; empty for a byte that stands for itself.
pub(crate) fn escape(byte: u8, buffer: &mut [u8; 6]) -> &[u8] {
    match byte {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        0x08 => b"\\b",
        b'\t' => b"\\t",
        b'\n' => b"\\n",
        0x0c => b"\\f",
        b'\r' => b"\\r",
        0..0x20 => {
            *buffer = *b"\\u0000";
            buffer[4] += byte >> 4;
            buffer[5] = b"0123456789abcdef"[usize::from(byte & 15)];
            buffer
        }
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Reader, Token};

    /// Every character below U+0100 reads back as itself and is spelled as serde_json spells it.
    #[test]
    fn strings_read_back() {
        for code in (0..0x100).step_by(if cfg!(miri) { 5 } else { 1 }) {
            let text = std::format!("a{}z", char::from_u32(code).expect("a character"));
            let mut written = std::vec![0; 16];
            let mut rest = written.as_mut_slice();
            write_str(&mut rest, &text).expect("room");
            let len = 16 - rest.len();
            let written = &written[..len];
            assert_eq!(written, serde_json::to_vec(&text).expect("a string"));
            let Ok(Some(Token::String(read))) = Reader::new(written).next() else {
                panic!("not a string: {code:#x}");
            };
            assert!(read.eq_str(&text));
        }
    }
}
