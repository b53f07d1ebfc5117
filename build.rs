//! Says what the program is built from besides the crate: the pages, where they have been built.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the pages when it runs; a release build carries them.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=web/dist");
    }
}
