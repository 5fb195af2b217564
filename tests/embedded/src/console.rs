//! Lines on the semihosting console, without `core::fmt`: that takes kilobytes of code, which are
//! none of what is measured here.

use core::panic::PanicInfo;

use cortex_m_semihosting::{debug, hio};

/// A part of a line.
pub enum Word<'a> {
    Text(&'a str),
    Number(usize),
    Bool(bool),
    Hex(&'a [u8]),
}

impl<'a> From<&'a str> for Word<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Word<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Word<'_> {
    fn from(is: bool) -> Self {
        Self::Bool(is)
    }
}

/// Prints words with spaces between them: texts, numbers and truth values.
macro_rules! print_line {
    ($($word:expr),+) => {
        $crate::console::line(&[$($crate::console::Word::from($word)),+])
    };
}
pub(crate) use print_line;

/// Prints one line. A console that does not work is the host's to notice: its lines are missing.
pub fn line(words: &[Word<'_>]) {
    let Ok(mut out) = hio::hstdout() else { return };
    let mut write = |bytes: &[u8]| _ = out.write_all(bytes);
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            write(b" ");
        }
        match *word {
            Word::Text(text) => write(text.as_bytes()),
            Word::Number(number) => {
                let mut digits = [0; 10];
                write(decimal(number, &mut digits));
            }
            Word::Bool(is) => write(if is { b"true" } else { b"false" }),
            Word::Hex(bytes) => {
                for byte in bytes {
                    write(&[byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[digit as usize]));
                }
            }
        }
    }
    write(b"\n");
}

/// The digits of a number of 32 bits.
fn decimal(mut number: usize, digits: &mut [u8; 10]) -> &[u8] {
    let mut first = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        first -= 1;
        if number == 0 {
            break;
        }
    }
    &digits[first..]
}

/// Ends the run. Without a message, as devices are shipped: then the linker leaves out the texts of
/// all panics and what formats them, 3 KB of code and 5 KB of constants.
#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    #[cfg(feature = "panic-messages")]
    cortex_m_semihosting::hprintln!("{}", _info);
    print_line!("panicked; --features panic-messages tells where and why");
    debug::exit(debug::EXIT_FAILURE);
    loop {
        cortex_m::asm::wfi();
    }
}
