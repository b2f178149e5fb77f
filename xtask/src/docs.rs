//! `cargo xtask docs`: the pages of `docs/` that the binary generates.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::spawn;

/// Each is what `atlas docs PAGE` prints, and where it lies in `docs`.
const PAGES: &[(&str, &str)] =
    &[("mapping", "mapping.md"), ("settings", "settings.md"), ("cli", "cli.md"), ("openapi", "openapi.json")];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail when a page is not what the binary generates
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    spawn::build()?;
    let docs = spawn::root().join("docs");
    let pages = PAGES.iter().map(|(page, file)| Ok(((*file).to_owned(), generate(page)?)));
    let pages = pages.collect::<Result<Vec<_>>>()?;
    let stale = stale(&docs, &pages);
    if args.check {
        return check(&stale);
    }
    fs::create_dir_all(&docs).context("making docs/")?;
    for (file, text) in stale {
        fs::write(docs.join(file), text).with_context(|| format!("writing docs/{file}"))?;
        println!("wrote docs/{file}");
    }
    println!("{} generated pages are up to date", PAGES.len());
    Ok(())
}

/// What the binary prints for a page, in an environment that is the same everywhere.
fn generate(page: &str) -> Result<String> {
    let home = tempfile::tempdir().context("making an empty home for atlas")?;
    let mut atlas = spawn::atlas(home.path())?;
    atlas.env_remove("COLUMNS").env("NO_COLOR", "1").args(["docs", page]);
    let text = spawn::output(&mut atlas)?;
    if text.trim().is_empty() {
        bail!("`atlas docs {page}` printed nothing");
    }
    Ok(text)
}

/// The pages whose file in `docs` is missing or says something else.
fn stale<'a>(docs: &Path, pages: &'a [(String, String)]) -> Vec<&'a (String, String)> {
    pages
        .iter()
        .filter(|(file, text)| fs::read_to_string(docs.join(file)).ok().as_ref() != Some(text))
        .collect()
}

fn check(stale: &[&(String, String)]) -> Result<()> {
    if stale.is_empty() {
        println!("{} generated pages are up to date", PAGES.len());
        return Ok(());
    }
    let names = stale.iter().map(|(file, _)| format!("docs/{file}")).collect::<Vec<_>>();
    bail!("stale: {}; run `cargo xtask docs`", names.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_different_page_is_stale_and_named() {
        let docs = tempfile::tempdir().unwrap();
        fs::write(docs.path().join("same.md"), "# Same\n").unwrap();
        fs::write(docs.path().join("moved.md"), "# Before\n").unwrap();
        let pages = ["# Same\n", "# After\n", "# New\n"].map(str::to_owned);
        let pages: Vec<_> =
            ["same.md", "moved.md", "new.md"].map(str::to_owned).into_iter().zip(pages).collect();

        let error = check(&stale(docs.path(), &pages)).unwrap_err();
        assert_eq!(error.to_string(), "stale: docs/moved.md, docs/new.md; run `cargo xtask docs`");
        assert!(check(&stale(docs.path(), &pages[..1])).is_ok());
    }
}
