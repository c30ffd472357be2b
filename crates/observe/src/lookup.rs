//! Finding the program before anything runs, so that what cannot run is known by then.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::Error;
use crate::spec::{Program, Spec};

/// The path of the program and its arguments, its own name first.
pub(crate) fn resolve(spec: &Spec) -> Result<(PathBuf, Vec<OsString>), Error> {
    match &spec.program {
        Program::Shell(text) => {
            let shell = PathBuf::from("/bin/sh");
            check(&shell)?;
            Ok((shell, vec!["sh".into(), "-c".into(), text.into()]))
        }
        Program::Direct { program, args } => {
            let path = find(program, spec)?;
            let mut all = vec![program.clone()];
            all.extend(args.iter().cloned());
            Ok((path, all))
        }
    }
}

fn find(program: &OsStr, spec: &Spec) -> Result<PathBuf, Error> {
    let base = spec.cwd.as_deref().unwrap_or(Path::new(""));
    let path = Path::new(program);
    let missing = |searched| Error::NotFound { program: program.to_string_lossy().into_owned(), searched };
    if program.is_empty() {
        return Err(missing(None));
    }
    if path.components().count() > 1 || path.is_absolute() {
        // A relative path is one in the program's own working directory, as the system takes it.
        if !base.join(path).exists() {
            return Err(missing(None));
        }
        check(&base.join(path))?;
        return Ok(path.to_path_buf());
    }
    let set = spec.env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
    let search = set.or_else(|| std::env::var_os("PATH")).unwrap_or_else(|| "/usr/bin:/bin".into());
    let mut refused = None;
    for directory in std::env::split_paths(&search) {
        let candidate = directory.join(path);
        match check(&base.join(&candidate)) {
            Ok(()) => return Ok(candidate),
            // As shells do: one that can be run may come later.
            Err(error @ Error::NotExecutable { .. }) => refused = refused.or(Some(error)),
            Err(_) => {}
        }
    }
    Err(refused.unwrap_or_else(|| missing(Some(search.to_string_lossy().into_owned()))))
}

fn check(path: &Path) -> Result<(), Error> {
    let refused = |why: &str| Error::NotExecutable { path: path.to_path_buf(), why: why.to_string() };
    let facts = std::fs::metadata(path)
        .map_err(|_| Error::NotFound { program: path.to_string_lossy().into_owned(), searched: None })?;
    if facts.is_dir() {
        return Err(refused("it is a directory"));
    }
    // The superuser may run any file that has one such permission; on some systems `access` lets it run files that have none.
    if facts.permissions().mode() & 0o111 == 0 {
        return Err(refused("no permission to execute it is set"));
    }
    access(path, Access::EXEC_OK).map_err(|error| refused(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(directory: &Path, name: &str, mode: u32) {
        std::fs::write(directory.join(name), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(directory.join(name), PermissionsExt::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_first_that_can_run_is_found() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        script(first.path(), "tool", 0o644);
        script(second.path(), "tool", 0o755);
        let path = std::env::join_paths([first.path(), second.path()]).unwrap();
        let mut spec = Spec::new("tool", ["x"]);
        spec.env = vec![("PATH".into(), path)];
        let (found, args) = resolve(&spec).unwrap();
        assert_eq!(found, second.path().join("tool"));
        assert_eq!(args, ["tool", "x"]);
        spec.env = vec![("PATH".into(), first.path().into())];
        let error = resolve(&spec).unwrap_err();
        assert!(matches!(&error, Error::NotExecutable { .. }), "{error}");
        spec.env = vec![("PATH".into(), "/nowhere".into())];
        assert_eq!(resolve(&spec).unwrap_err().to_string(), "tool: command not found in PATH (/nowhere)");
    }

    #[test]
    fn relative_paths_are_those_of_the_program() {
        let home = tempfile::tempdir().unwrap();
        script(home.path(), "tool", 0o755);
        let mut spec = Spec::new("./tool", [""; 0]);
        assert!(matches!(resolve(&spec), Err(Error::NotFound { .. })));
        spec.cwd = Some(home.path().to_path_buf());
        assert_eq!(resolve(&spec).unwrap().0, Path::new("./tool"));
        let spec = Spec::new(home.path(), [""; 0]);
        assert!(resolve(&spec).unwrap_err().to_string().ends_with("not executable: it is a directory"));
        assert!(matches!(resolve(&Spec::new("", [""; 0])), Err(Error::NotFound { .. })));
    }
}
