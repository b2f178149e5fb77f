//! Says that a newly built dashboard is a reason to build again, and that one is missing.

fn main() {
    let built = "../../dashboard/dist";
    println!("cargo:rerun-if-changed={built}");
    if !std::path::Path::new(built).join("site/index.html").exists() {
        println!(
            "cargo:warning=the dashboard is not built and will be missing; `cargo xtask dashboard` builds it"
        );
    }
}
