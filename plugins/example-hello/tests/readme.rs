//! The README shows this plugin whole.

#[test]
fn the_readme_shows_the_plugin_as_it_is() {
    let source = include_str!("../src/lib.rs");
    let (_header, plugin) = source
        .split_once("\n\n")
        .expect("a header, then the plugin");
    let (plugin, _tests) = plugin
        .split_once("\n#[cfg(test)]")
        .expect("the plugin, then its tests");
    let readme = include_str!("../../../README.md");
    assert!(
        readme.contains(&format!("```rust\n{plugin}```")),
        "copy plugins/example-hello/src/lib.rs into the README, without its header and its tests"
    );
}
