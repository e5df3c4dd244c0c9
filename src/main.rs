//! The `longhaul` binary: a shell around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    if longhaul::proxy::helper_main(std::env::args_os()) {
        return ExitCode::SUCCESS;
    }
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    longhaul::cli::run(std::env::args_os(), &mut stdout.lock(), &mut &stderr).into()
}
