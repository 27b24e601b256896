//! The sizes of waves, as plans give them.

use guildhall_coordination::{Plan, PlanFormat, WaveSize};

fn size_of(keys: &str) -> Result<Option<WaveSize>, String> {
    let text = format!(
        "name = 'p'\nstrategy = 'waves'\ndefaults = {{ agent = 'a' }}\n\
         [[wave]]\nname = 'w'\n{keys}\n[[task]]\nid = 't'\nwave = 'w'\n"
    );
    let plan = Plan::parse(&text, PlanFormat::Toml, "p.toml").map_err(|it| it.to_string())?;
    Ok(plan.settings().stages[0].size)
}

#[test]
fn a_size_is_a_number_or_follows_what_is_measured() {
    let auto = |target_ms| Ok(Some(WaveSize::Auto { target_ms }));
    assert_eq!(size_of(""), Ok(None));
    assert_eq!(size_of("size = 5"), Ok(Some(WaveSize::Fixed(5))));
    assert_eq!(size_of("size = 'auto'"), auto(60_000));
    assert_eq!(size_of("target_seconds = 1.5\nsize = 'auto'"), auto(1_500));
}

#[test]
fn what_is_no_size_is_told_with_what_it_must_be() {
    let alone = "`target_seconds` says nothing without `size = \"auto\"`";
    for (keys, message) in [
        ("size = 0", "`wave.size` must be"),
        ("size = -3", "`wave.size` must be"),
        (
            "size = 'large'",
            "`wave.size` must be \"auto\" or a whole number of tasks",
        ),
        (
            "size = true",
            "`wave.size` must be \"auto\" or a whole number of tasks",
        ),
        (
            "size = 'auto'\ntarget_seconds = 0",
            "`wave.target_seconds` must be",
        ),
        ("target_seconds = 9", alone),
        ("size = 4\ntarget_seconds = 9", alone),
    ] {
        let error = size_of(keys).unwrap_err();
        assert!(error.contains(message), "{keys}: {error}");
    }
}
