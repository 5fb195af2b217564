//! What the figures were taken on.

use std::fs;

/// The processor's name, whether it has SHA instructions, and which of what it has is not used.
pub(crate) fn describe() -> String {
    let sha = match (has_sha_instructions(), cfg!(sha2_backend = "soft")) {
        (true, false) => "with SHA instructions",
        (true, true) => "with SHA instructions, not used (sha2_backend=\"soft\")",
        (false, _) => "without SHA instructions",
    };
    let vectors = match (cfg!(llm_cache_portable), cfg!(feature = "simd")) {
        (false, true) => "",
        (false, false) => ", UTF-8 checked without the feature simd",
        (true, _) => ", core's portable path",
    };
    format!("{} {sha}{vectors}", processor())
}

/// The name as the operating system tells it; elsewhere the architecture.
fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = told.lines().find_map(|line| {
        let (field, name) = line.split_once(':')?;
        ["model name", "Model"].contains(&field.trim()).then(|| name.trim().to_owned())
    });
    named.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn has_sha_instructions() -> bool {
    std::is_x86_feature_detected!("sha")
}

#[cfg(target_arch = "aarch64")]
fn has_sha_instructions() -> bool {
    std::arch::is_aarch64_feature_detected!("sha2")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn has_sha_instructions() -> bool {
    false
}
