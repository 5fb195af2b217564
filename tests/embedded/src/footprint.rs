//! How much flash and stack the firmware takes, measured from inside.

use core::ptr::addr_of;

use crate::console::print_line;
use cortex_m_rt::STACK_PAINT_VALUE;

unsafe extern "C" {
    static __stext: u8;
    static __etext: u8;
    static __srodata: u8;
    static __erodata: u8;
    static _stack_start: u32;
    static _stack_end: u32;
}

/// Prints code bytes, constant bytes, and the most stack that was ever in use.
pub fn print() {
    // The linker defines these symbols; only their addresses mean something.
    let code = addr_of!(__etext) as usize - addr_of!(__stext) as usize;
    let constants = addr_of!(__erodata) as usize - addr_of!(__srodata) as usize;
    let (stack_low, stack_high) = (addr_of!(_stack_end), addr_of!(_stack_start));
    let mut untouched = stack_low;
    // SAFETY: all words between the two symbols are RAM that start-up painted; below the first
    // touched one nothing lives, and reading the touched one is harmless.
    while untouched < stack_high && unsafe { untouched.read_volatile() } == STACK_PAINT_VALUE {
        untouched = untouched.wrapping_add(1);
    }
    let stack = stack_high as usize - untouched as usize;
    print_line!("code", code);
    print_line!("rodata", constants);
    print_line!("stack", stack);
}
