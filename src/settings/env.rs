//! Settings from the environment: the option `--max-time` as the variable `SPEEDUP_MAX_TIME`.

use std::ffi::OsString;

use clap::{Args, Command, FromArgMatches};

use super::error::{SettingError, variable};

/// Reads settings from the variables of this process. They are read by what reads the options, so
/// that the same texts mean the same.
///
/// # Errors
///
/// One line on the first variable that cannot be used.
pub fn read<T: Args + FromArgMatches>() -> Result<T, String> {
    read_from(|variable| std::env::var_os(variable))
}

fn read_from<T: Args + FromArgMatches>(get: impl Fn(&str) -> Option<OsString>) -> Result<T, String> {
    let command = T::augment_args(Command::new("environment").no_binary_name(true).disable_help_flag(true));
    let options = command.get_arguments().filter_map(|arg| {
        let (long, mut option) = (arg.get_long()?, OsString::from("--"));
        let value = get(&variable(long))?;
        option.push(long);
        option.push("=");
        option.push(value);
        Some(option)
    });
    let options: Vec<OsString> = options.collect();
    let matches = command.try_get_matches_from(options);
    matches.and_then(|matches| T::from_arg_matches(&matches)).map_err(|error| {
        SettingError::of_clap(&error).map_or_else(|| error.to_string(), |error| error.as_variable())
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;
    use crate::settings::RunRequest;

    fn request(variable: &'static str, value: &[u8]) -> Result<RunRequest, String> {
        let value = OsString::from_vec(value.to_vec());
        read_from(|name| (name == variable).then(|| value.clone()))
    }

    #[test]
    fn variables_are_options_under_another_name() {
        let request = |variable, value: &str| request(variable, value.as_bytes());
        assert_eq!(request("SPEEDUP_WORKERS", "1..3").unwrap().workers, Some("1..3".parse().unwrap()));
        assert_eq!(request("SPEEDUP_ROUNDS", "0"), Ok(RunRequest::default()), "rounds are no part of it");
        assert_eq!(
            request("SPEEDUP_WORKERS", "0").unwrap_err(),
            "SPEEDUP_WORKERS '0': must be a whole number from 1 to 1024"
        );
        assert!(request("SPEEDUP_POOL", "").unwrap_err().starts_with("SPEEDUP_POOL '': there is no pool "));
        assert!(request("SPEEDUP_SEED", "-1").unwrap_err().starts_with("SPEEDUP_SEED '-1': must be a whole"));
    }

    #[test]
    fn what_is_no_text_is_refused_by_name_unless_it_is_a_path() {
        let problem = request("SPEEDUP_NAME", b"a\xff").unwrap_err();
        assert_eq!(problem, "SPEEDUP_NAME 'a\u{fffd}': is not UTF-8 text");
        let out = request("SPEEDUP_OUT", b"a\xff").unwrap().out;
        assert_eq!(out, Some(OsString::from_vec(b"a\xff".to_vec()).into()));
    }
}
