//! With the feature `libtorch`, binaries look for libtorch's libraries where they were at build time; a plain build is
//! left as it is.

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    println!("cargo::rerun-if-changed=build.rs");
    if let (Some(_), Ok(folder)) = (std::env::var_os("CARGO_FEATURE_LIBTORCH"), std::env::var("LIBTORCH")) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}/lib");
    }
}
