//! The two ends: in wasm the page, natively the command-line tool.

#[cfg(target_arch = "wasm32")]
mod parts;

#[cfg(target_arch = "wasm32")]
fn main() {
    faultline::ui::mount(parts::part, parts::details, parts::landing);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    faultline::cli::main()
}
