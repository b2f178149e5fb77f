//! How programs are found and started, and the one place where the environment is read.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The value of an environment variable; empty counts as not set.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = environment().find(|(key, _)| key == name)?.1.into_string().ok()?;
    (!value.is_empty()).then_some(value)
}

/// Hides from a program every variable of ours whose name starts with one of `prefixes`.
pub(crate) fn hide(command: &mut Command, prefixes: &[&str]) {
    for (name, _) in environment() {
        if prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the development machine is xtask's to know")]
fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where cargo puts what it builds: the folder that this program runs from.
pub(crate) fn built() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding the folder of built programs")?;
    Ok(own.parent().context("xtask runs from no folder; start it as `cargo xtask`")?.to_owned())
}

/// The path of a program of this workspace, built or not.
pub(crate) fn binary(name: &str) -> Result<PathBuf> {
    Ok(built()?.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// Builds `atlas` and `atlas-twin`, always both: cargo unites their dependencies' features, so building one
/// alone would compile those again.
pub(crate) fn build() -> Result<()> {
    run(cargo().args(["build", "--package", "atlas", "--package", "atlas-twin"]))?;
    for name in ["atlas", "atlas-twin"] {
        let path = binary(name)?;
        if !path.exists() {
            bail!("the build left no {}; start xtask as `cargo xtask`, without --release", path.display());
        }
    }
    Ok(())
}

/// The cargo that started us, at the repository's root.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    // What cargo told us about our own package would make build scripts that watch these run again.
    hide(&mut cargo, &["CARGO_PKG_", "CARGO_MANIFEST_"]);
    cargo.current_dir(root());
    cargo
}

/// The built `atlas`, kept from everything of the user's.
pub(crate) fn atlas(home: &Path) -> Result<Command> {
    Ok(secluded(&binary("atlas")?, home))
}

/// A program of ours without settings from the environment, from ./atlas.toml or from the user's config dir, and
/// without questions, as nobody is at its standard input.
pub(crate) fn secluded(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    hide(&mut command, &["ATLAS_", "XDG_"]);
    command.env("HOME", home).current_dir(home).stdin(Stdio::null());
    command
}

/// Runs a program with our terminal; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", name(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a program that reads one line.
pub(crate) fn feed(command: &mut Command, text: &str) -> Result<()> {
    let mut child =
        command.stdin(Stdio::piped()).spawn().with_context(|| format!("starting {}", name(command)))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends before it reads says why itself.
        let _ = writeln!(stdin, "{text}");
    }
    let status = child.wait().with_context(|| format!("waiting for {}", name(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a program and returns what it printed; what it complained about is in the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {}", name(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` ended with {}\n{}", line(command), output.status, complaint.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed no UTF-8", line(command)))
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn line(command: &Command) -> String {
    let args = command.get_args().map(|arg| format!(" {}", arg.to_string_lossy()));
    name(command) + &args.collect::<String>()
}
